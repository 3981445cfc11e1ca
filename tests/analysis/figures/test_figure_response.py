"""Figures of what a search or a grid has found: response to λ, importance, best so far."""

from __future__ import annotations

import math
from collections import Counter

import pytest
from study_factory import StudyFactory, incay

from incay.analysis import AnalysisError, figure, load
from incay.analysis.results.study import StudyResults


def test_response_finds_the_best_weight(searched: StudyResults) -> None:
    frame = figure(searched, "weight-response").to_pandas()
    band = frame[frame["kind"] == "band"]
    best = band.loc[band["value"].idxmin()]
    assert 3.0 < best["weight"] < 30.0
    assert abs(best["value"] - 8.0) < 0.1
    assert (band["low"] <= band["high"]).all()
    assert (band["low"] > 0.0).all()  # an error, however little is known of it
    assert best["high"] - best["low"] < 0.2
    zero = frame[(frame["kind"] == "mean") & (frame["arm"] == "Softmax")]
    assert zero["weight"].to_list() == [0.0]
    # Its search trials differ in more than their seed: that is no interval.
    assert zero[["low", "high"]].isna().all(axis=None)


def test_an_arm_without_incay_that_none_is_compared_with_has_no_response(
    factory: StudyFactory,
) -> None:
    factory.arm("Softmax")
    factory.arm("CosFace", {"loss.name": "cosface"})
    for weight in (0.1, 1.0):
        factory.arm(f"λ = {weight:g}", incay(weight))
    for arm in ("Softmax", "CosFace", "λ = 0.1", "λ = 1"):
        factory.replicates(arm, [8.0, 8.5])
    frame = figure(load(factory.write(), "planted"), "weight-response").to_pandas()
    assert list(frame["arm"].unique()) == ["Softmax", "λ = 0.1", "λ = 1"]


def test_response_of_a_grid(factory: StudyFactory) -> None:
    factory.arm("Softmax")
    for weight in (0.1, 1.0, 100.0):
        factory.arm(f"RN, λ = {weight:g}", incay(weight))
    for arm in ("Softmax", "RN, λ = 0.1", "RN, λ = 1"):
        factory.replicates(arm, [8.0, 98.5])
    factory.trial("RN, λ = 1", 2, status="diverged")
    factory.trial("RN, λ = 100", 0, status="diverged")
    made = figure(load(factory.write(), "planted"), "weight-response")
    frame = made.to_pandas()
    errors = frame[frame["metric"] == "test.error"]
    assert Counter(errors["kind"]) == {"seed": 6, "mean": 3, "diverged": 2}
    assert set(errors["series"]) == {"Softmax", "RN"}
    means = errors[errors["kind"] == "mean"]
    assert set(means["low"]) == {0.0}  # an error lies between 0 and 100 %
    assert set(means["high"]) == {100.0}
    assert made.render("png")


def test_series_of_a_response_keep_apart(factory: StudyFactory) -> None:
    factory.arm("Softmax")
    for gate in ("all", "correct"):
        for weight in (0.1, 1.0):
            settings = incay(weight, gate=gate)
            factory.arm(f"RN, λ = {weight:g} ({gate})", settings)
            factory.replicates(f"RN, λ = {weight:g} ({gate})", [8.0, 8.5])
    factory.replicates("Softmax", [8.0, 8.5])
    frame = figure(load(factory.write(), "planted"), "weight-response").to_pandas()
    assert set(frame["series"]) == {"Softmax", "RN (all)", "RN (correct)"}


def test_a_response_needs_results_and_not_only_divergence(factory: StudyFactory) -> None:
    factory.arm("Softmax")
    factory.replicates("Softmax", [8.0])
    for weight in (0.1, 1.0):
        factory.arm(f"RN {weight:g}", incay(weight))
        factory.trial(f"RN {weight:g}", 0, status="diverged")
    with pytest.raises(AnalysisError, match="two λ"):
        figure(load(factory.write(), "planted"), "weight-response")


def test_importance_finds_what_matters(searched: StudyResults) -> None:
    frame = figure(searched, "importance").to_pandas()
    of_rn = frame[frame["arm"] == "RN + Softmax"].set_index("setting")["share"]
    assert of_rn["incay.weight"] > 0.8
    assert of_rn["optimizer.weight_decay"] < 0.1


def test_best_so_far_never_gets_worse(searched: StudyResults) -> None:
    frame = figure(searched, "best-so-far").to_pandas()
    for _, each in frame.groupby("arm"):
        assert each["best"].is_monotonic_decreasing
        assert each["trials"].to_list() == list(range(1, 41))
    assert math.isnan(frame["value"].iloc[7])
