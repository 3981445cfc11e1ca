"""The study's question, and what its numbers allow to be said."""

from __future__ import annotations

from dataclasses import dataclass

from incay.analysis.comparing.comparisons import Comparison, compare_arms
from incay.analysis.output.shown import NO_INTERVAL
from incay.analysis.results.protocol import protocol_sentence
from incay.analysis.results.study import StudyResults
from incay.analysis.tables.layouts.tested import describe_need, look_text
from incay.trainables.metrics import ERROR, split_of


@dataclass(frozen=True)
class Conclusion:
    """What may be said of an arm and its reference.

    Attributes:
        comparison: The two.
        verdict: What stands between their names.
        measured: The difference in words.
        why: What the verdict rests on.
    """

    comparison: Comparison
    verdict: str
    measured: str
    why: str


@dataclass(frozen=True)
class Answer:
    """Conclusions, and what a reader must know of how they came about."""

    conclusions: tuple[Conclusion, ...]
    facts: tuple[str, ...]


def answer(results: StudyResults) -> Answer:
    """Return conclusions, protocol and what was changed."""
    compared = compare_arms(results, ERROR.of(results.split))
    facts = [protocol_sentence(results)]
    if results.overrides:
        facts.append(f"Changed from the study file: {', '.join(results.overrides)}.")
    facts.append(
        f"Run {results.run}, created {results.created or 'at an unknown time'}; "
        f"{_replicates(results)} per arm; objective {results.objective.metric}; "
        f"diverged seeds: {results.diverged_policy}."
    )
    return Answer(tuple(map(_conclusion, compared.values())), tuple(facts))


def _replicates(results: StudyResults) -> str:
    if results.repetitions == 1:
        return f"{results.replicates} seeds"
    each = results.replicates // results.repetitions
    return f"{results.repetitions} searches, each confirmed with {each} seeds,"


def _conclusion(comparison: Comparison) -> Conclusion:
    test = comparison.test
    size = f"{test.difference:+.2f}".replace("-", "−")
    if test.half_width is not None:
        interval = f" ± {test.half_width:.2f}"
    else:
        interval = f" {NO_INTERVAL}" if test.n > 1 else ""
    p = comparison.basis.adjusted_p
    if comparison.judged.waits and comparison.before is None:
        verdict, why = "is undecided against", f"not tested: {comparison.judged.waits}"
    elif p is None:
        verdict, why = "is undecided against", "one seed shows no spread"
    elif comparison.decided:
        verdict = f"is {comparison.verdict} than"
        why = f"p = {p:.2g} after Holm's correction ({look_text(comparison)})"
    else:
        verdict = "is undecided against"
        why = f"p = {p:.2g}; what would decide: {describe_need(comparison)}"
    if test.n > 1 and not test.spreads:
        why += "; every seed shows the same difference, so that there is no interval"
    what = f"{ERROR.difference_unit} of {split_of(comparison.metric)} {ERROR.title}"
    measured = f"{size}{interval} {what}"
    return Conclusion(comparison, verdict, measured, why)
