"""The figure of differences shows what the paired tests see."""

from __future__ import annotations

import math

import pytest
from matplotlib.axes import Axes
from study_factory import StudyFactory, incay

from incay.analysis import AnalysisError, figure, load
from incay.analysis.results.study import StudyResults

SOFTMAX = [9.0, 8.0, 10.0, 9.5, 8.5]
BETTER = [8.0, 7.1, 8.9, 8.4, 7.5]
NOISY = [7.0, 9.5, 10.0, 12.0, 6.0]


def study(factory: StudyFactory, **arms: list[float | None]) -> StudyResults:
    """Softmax and arms with RN, by their errors; None where a replicate has diverged."""
    factory.arm("Softmax")
    for number, error in enumerate(SOFTMAX):
        factory.trial("Softmax", number, {"test.error": error, "test.norm": 10.0 + number})
    for index, (name, errors) in enumerate(arms.items(), start=1):
        factory.arm(name, incay(0.1 * index))
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
    assert seeds["replicate"].to_list() == [0, 1, 2, 3, 4]
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
    assert means.loc["test.norm"]["supported"].isna().all()


def test_diverged_seeds_have_no_difference(factory: StudyFactory) -> None:
    results = study(factory, RN=[None, 7.0, None, None, None], gone=[None] * 5)
    made = figure(results, "paired-differences")
    frame = made.to_pandas()
    assert set(frame["arm"]) == {"RN"}
    mean = frame[(frame["metric"] == "test.error") & (frame["kind"] == "mean")].iloc[0]
    assert (mean["n"], mean["value"]) == (1, -1.0)
    assert math.isnan(mean["low"])  # a single seed has no interval
    assert made.render("svg")


def faces_of_means(axes: Axes) -> dict[float, object]:
    """The faces of the diamonds by their place, from the top."""
    diamonds = [line for line in axes.lines if line.get_marker() == "D"]
    return {float(line.get_ydata()[0]): line.get_markerfacecolor() for line in diamonds}


def test_only_a_supported_mean_is_filled(factory: StudyFactory) -> None:
    canvas = figure(study(factory, RN=[*BETTER], wild=[*NOISY]), "paired-differences").draw()
    error, norm = canvas.axes
    assert list(faces_of_means(error).values()) == ["black", "white"]
    assert not faces_of_means(norm)
    told = [text.get_text() for text in canvas.legends[0].get_texts()]
    assert {"mean, supported after Holm", "mean, not supported", "mean, not tested"} <= set(told)
    assert error.get_yticklabels()[0].get_text() == "RN\n− Softmax (n = 5)"


def arrows(axes: Axes) -> list[float]:
    return [float(line.get_xdata()[0]) for line in axes.lines if line.get_marker() in ("<", ">")]


def test_an_interval_is_drawn_whole(factory: StudyFactory) -> None:
    made = figure(study(factory, wild=[*NOISY]), "paired-differences")
    frame = made.to_pandas()
    mean = frame[(frame["metric"] == "test.error") & (frame["kind"] == "mean")].iloc[0]
    error = made.draw().axes[0]
    least, most = error.get_xlim()
    assert least < mean["low"] < mean["high"] < most
    assert arrows(error) == []


def test_an_interval_that_would_hide_the_seeds_ends_in_arrows(factory: StudyFactory) -> None:
    # Of two seeds Student's t makes an interval twelve times as wide as they are apart.
    results = study(factory, RN=[9.1, 7.9, None, None, None])
    error = figure(results, "paired-differences").draw().axes[0]
    assert arrows(error) == list(error.get_xlim())


def test_arms_of_unlike_size_are_all_readable(factory: StudyFactory) -> None:
    factory.arm("Softmax")
    for name, index in (("RN", 1), ("RN, wild", 2)):
        factory.arm(name, incay(float(index)))
    for number in range(3):
        for name, norm in (("Softmax", 10.0), ("RN", 11.0 + number), ("RN, wild", 1e12)):
            factory.trial(name, number, {"test.error": 8.0 + number, "test.norm": norm})
    error, norms = figure(load(factory.write(), "planted"), "paired-differences").draw().axes
    assert (error.get_xscale(), norms.get_xscale()) == ("linear", "asinh")
    assert norms.get_xlabel().endswith("linear up to about 3, then logarithmic")


def test_without_a_common_seed_there_is_nothing_to_draw(factory: StudyFactory) -> None:
    with pytest.raises(AnalysisError, match="common seed"):
        figure(study(factory, RN=[None] * 5), "paired-differences")
