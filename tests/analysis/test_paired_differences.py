"""The figure of differences shows what the paired tests see."""

from __future__ import annotations

import math

import pytest
from study_factory import StudyFactory

from analysis import AnalysisError, figure, load
from analysis.results import StudyResults

SOFTMAX = [9.0, 8.0, 10.0, 9.5, 8.5]
BETTER = [8.0, 7.1, 8.9, 8.4, 7.5]
NOISY = [7.0, 9.5, 10.0, 12.0, 6.0]


def rn(weight: float) -> dict[str, object]:
    return {"incay.form": "reciprocal", "incay.weight": weight}


def study(factory: StudyFactory, **arms: list[float | None]) -> StudyResults:
    """Softmax and arms with RN, by their errors; None where a replicate has diverged."""
    factory.arm("Softmax")
    for number, error in enumerate(SOFTMAX):
        factory.trial("Softmax", number, {"test.error": error, "test.norm": 10.0 + number})
    for index, (name, errors) in enumerate(arms.items(), start=1):
        factory.arm(name, rn(0.1 * index))
        for number, value in enumerate(errors):
            if value is None:
                factory.trial(name, number, status="diverged")
            else:
                metrics = {"test.error": value, "test.norm": 12.0 + number}
                factory.trial(name, number, metrics)
    return load(factory.write(), factory.name)


def test_differences_are_those_of_the_same_seed(factory: StudyFactory) -> None:
    frame = figure(study(factory, RN=[*BETTER]), "paired-differences").to_pandas()
    seeds = frame[(frame["metric"] == "test.error") & (frame["kind"] == "seed")]
    expected = [mine - other for mine, other in zip(BETTER, SOFTMAX, strict=True)]
    assert seeds["value"].to_list() == pytest.approx(expected)
    assert seeds["seed"].to_list() == [0, 1, 2, 3, 4]
    assert set(frame["reference"]) == {"Softmax"}
    norms = frame[frame["metric"] == "test.norm"]
    assert norms["value"].to_list() == pytest.approx([2.0] * 6)


def test_a_mean_has_the_interval_and_the_verdict_of_the_test(factory: StudyFactory) -> None:
    results = study(factory, RN=[*BETTER], wild=[*NOISY])
    frame = figure(results, "paired-differences").to_pandas()
    means = frame[frame["kind"] == "mean"].set_index(["metric", "arm"])
    better = means.loc["test.error", "RN"]
    deviation = math.sqrt(sum((x + 1.02) ** 2 for x in (-1.0, -0.9, -1.1, -1.1, -1.0)) / 4)
    half = 2.776445 * deviation / math.sqrt(5)
    assert better["value"] == pytest.approx(-1.02)
    assert (better["low"], better["high"]) == pytest.approx((-1.02 - half, -1.02 + half), rel=1e-6)
    assert better["supported"]
    assert not means.loc["test.error", "wild"]["supported"]
    # However much longer features are: that is no claim that the study tests.
    assert not means.loc["test.norm"]["supported"].any()


def test_diverged_seeds_have_no_difference(factory: StudyFactory) -> None:
    results = study(factory, RN=[None, 7.0, None, None, None], gone=[None] * 5)
    made = figure(results, "paired-differences")
    frame = made.to_pandas()
    assert set(frame["arm"]) == {"RN"}
    mean = frame[(frame["metric"] == "test.error") & (frame["kind"] == "mean")].iloc[0]
    assert (mean["n"], mean["value"]) == (1, -1.0)
    assert math.isnan(mean["low"])  # a single seed has no interval
    assert made.render("svg")


def test_an_exploded_seed_leaves_the_others_apart(factory: StudyFactory) -> None:
    factory.arm("Softmax")
    for name, index in (("RN", 1), ("RN, wild", 2)):
        factory.arm(name, rn(float(index)))
    for number in range(3):
        for name, norm in (("Softmax", 10.0), ("RN", 11.0 + number), ("RN, wild", 1e12)):
            factory.trial(name, number, {"test.error": 8.0 + number, "test.norm": norm})
    canvas = figure(load(factory.write(), "planted"), "paired-differences").draw()
    error, norm = canvas.axes
    assert (error.get_xscale(), norm.get_xscale()) == ("linear", "asinh")


def test_without_a_common_seed_there_is_nothing_to_draw(factory: StudyFactory) -> None:
    with pytest.raises(AnalysisError, match="common seed"):
        figure(study(factory, RN=[None] * 5), "paired-differences")
