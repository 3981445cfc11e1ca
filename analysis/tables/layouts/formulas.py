"""How the numbers of tables are computed, in words: what `incay trace` says of a cell."""

from __future__ import annotations

from incay.analysis.comparing.comparisons import ALPHA, Comparison
from incay.analysis.comparing.measure import Measurement, recorded_as
from incay.analysis.comparing.side_by_side import ArmDifference
from incay.analysis.content import Formula
from incay.analysis.statistics.summary import Summary
from incay.analysis.wording import counted

ENDINGS = Formula(words="how the arm's trials ended")
SETTING = Formula(words="the value of the setting that the trial was trained with")
NORMS_AND_COUNTS = "of the images of the test split, read in the per-sample records"


def mean_formula(measurement: Measurement, summary: Summary) -> Formula:
    """Return the formula of a mean over replicates."""
    if summary.n == 1:
        words = f"{measurement.what} of one seed"
    else:
        words = f"mean of {measurement.what} over {summary.n} seeds"
        words += _interval(summary.n, summary.spreads, "values")
    return Formula(words=words, metrics=measurement.metrics)


def difference_formula(comparison: Comparison) -> Formula:
    """Return the formula of a mean difference on the same seeds."""
    test, (what, metrics) = comparison.test, recorded_as(comparison.metric)
    mean = f"mean over {test.n} seeds of" if test.n > 1 else "on one seed,"
    words = (
        f"{mean} {what} of {comparison.arm} minus that of {comparison.reference} on the same seed"
    )
    if comparison.judged.rule == "fixed" or not test.spreads:
        return Formula(
            words=words + _interval(test.n, test.spreads, "differences"), metrics=metrics
        )
    held = {
        "looks": "half the repeated confidence interval, which holds at every declared look",
        "always-valid": "half the confidence sequence, which holds at any time",
    }
    interval = f", ± {held[comparison.judged.rule]}" if test.half_width is not None else ""
    return Formula(words=words + interval, metrics=metrics)


def p_formula(comparison: Comparison, *, adjusted: bool) -> Formula:
    """Return the formula of a comparison's p-value, before or after Holm's correction."""
    _, metrics = recorded_as(comparison.metric)
    test = "paired t-test" if comparison.test.spreads else "exact sign-flip test"
    if comparison.judged.rule == "always-valid":
        test = "always-valid t-test (the least 1 / E so far)"
    words = (
        f"two-sided p of the {test} of {comparison.arm} against {comparison.reference} over "
        f"{counted(comparison.test.n, 'pair')}"
    )
    if adjusted and comparison.judged.rule == "looks":
        words += ", as the least level whose boundary any look has crossed"
    if adjusted:
        words += f", after Holm's correction over {counted(comparison.family, 'comparison')}"
    return Formula(words=words, metrics=metrics)


def boundary_formula(comparison: Comparison) -> Formula:
    """Return the formula of what a comparison's p-value must be below."""
    words = f"the level {comparison.level:.3g} that Holm's correction leaves to {comparison.arm}"
    if comparison.judged.rule == "looks":
        seeds = ", ".join(map(str, comparison.judged.planned))
        words = (
            f"the nominal p of the boundary at the last look, of {words}, shared out among looks "
            f"after {seeds} seeds by {comparison.judged.spending} spending"
        )
    return Formula(words=words)


def companion_formula(comparison: Comparison, which: str) -> Formula:
    """Return the formula of a companion of the t-test.

    Args:
        comparison: The two arms.
        which: ``improvement``, ``wilcoxon`` or ``bootstrap``.
    """
    _, metrics = recorded_as(comparison.metric)
    words = {
        "improvement": "share of pairs in which it is better, equal ones half, with Clopper and "
        "Pearson's exact 95 % interval",
        "wilcoxon": "two-sided p of Wilcoxon's signed-rank test",
        "bootstrap": "mean difference with the bias-corrected and accelerated 95 % interval of "
        "resampled pairs, of a fixed seed",
    }[which]
    pairs = counted(comparison.test.n, "pair")
    text = f"{comparison.arm} against {comparison.reference} over {pairs}: {words}"
    return Formula(words=text, metrics=metrics)


def effect_formula(comparison: Comparison) -> Formula:
    """Return the formula of a comparison's effect size."""
    _, metrics = recorded_as(comparison.metric)
    words = (
        f"Hedges' g of {comparison.arm} against {comparison.reference}: the mean difference over "
        "the standard deviation of the differences, with the correction for few pairs"
    )
    return Formula(words=words, metrics=metrics)


def count_formula(what: str) -> Formula:
    """Return the formula of a number of replicates, of the value beside it."""
    return Formula(words=f"the number of seeds behind {what}")


def discordance_formula(comparison: Comparison, which: str, pairs: int) -> Formula:
    """Return the formula of what McNemar's test counts.

    Args:
        comparison: The two arms.
        which: ``fixed``, ``added`` or ``mcnemar``.
        pairs: How many pairs of models there are.
    """
    if which == "mcnemar":
        models = f"{counted(pairs, 'pair')} of models"
        words = f"in how many of {models} McNemar's exact test has p < {ALPHA}"
    else:
        right, wrong = comparison.arm, comparison.reference
        if which == "added":
            right, wrong = wrong, right
        words = (
            f"images that {right} has right and {wrong} has wrong, mean over "
            f"{counted(pairs, 'pair')} of models of the same seed"
        )
    return Formula(words=f"{words}; {NORMS_AND_COUNTS}")


def between_studies_formula(difference: ArmDifference, metric: str) -> Formula:
    """Return the formula of a difference between two studies."""
    what, metrics = recorded_as(metric)
    words = f"mean {what} of the second study minus that of the first ({difference.how})"
    if difference.half_width is not None:
        words += ", ± half its 95 % interval"
    return Formula(words=words, metrics=metrics)


def between_studies_p(name: str, how: str, family: int, metric: str) -> Formula:
    """Return the formula of the p-value of an arm in two studies."""
    _, metrics = recorded_as(metric)
    words = (
        f"two-sided p of {name} in both studies ({how}), after Holm's correction over "
        f"{counted(family, 'comparison')}"
    )
    return Formula(words=words, metrics=metrics)


def _interval(n: int, spreads: bool, what: str) -> str:
    if n == 1:
        return ""
    if not spreads:
        return f"; all {what} are the same number, so that there is no interval"
    return (
        f", ± t · s / √{n}: half its 95 % interval by Student's t with "
        f"{counted(n - 1, 'degree')} of freedom, s being the standard deviation of the {what}"
    )
