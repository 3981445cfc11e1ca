"""The study's question, and what its numbers allow to be said."""

from __future__ import annotations

from html import escape

from incay.analysis.comparing.comparisons import Comparison, compare_arms
from incay.analysis.reports.trials import trials_link
from incay.analysis.results.study import StudyResults
from incay.analysis.tables.layouts.notes import describe_need, protocol_sentence


def answer(results: StudyResults) -> str:
    """Return question, conclusions, protocol and what was changed, as HTML."""
    parts = [f'<p class="lead">{escape(results.question)}</p>'] if results.question else []
    compared = compare_arms(results, f"{results.split}.error")
    if compared:
        parts.append("<ul>" + "".join(map(_conclusion, compared.values())) + "</ul>")
    else:
        parts.append("<p>Nothing can be compared yet.</p>")
    facts = [protocol_sentence(results)]
    if results.overrides:
        facts.append(f"Changed from the study file: {', '.join(results.overrides)}.")
    facts.append(
        f"Run {results.run}, created {results.created or 'at an unknown time'}; "
        f"{results.replicates} seeds per arm; objective {results.objective['metric']}; "
        f"diverged seeds: {results.diverged_policy}."
    )
    parts += [f'<p class="faint">{escape(fact)}</p>' for fact in facts]
    return "".join(parts)


def _conclusion(comparison: Comparison) -> str:
    test = comparison.test
    size = f"{test.difference:+.2f}".replace("-", "−")
    interval = f" ± {test.half_width:.2f}" if test.half_width is not None else ""
    split = comparison.metric.partition(".")[0]
    measured = trials_link(f"{size}{interval} points of {split} error", comparison.fingerprints)
    if comparison.adjusted_p is None:
        verdict, why = "is undecided against", "one seed shows no spread"
    elif comparison.decided:
        verdict = "is better than" if comparison.better else "is worse than"
        why = f"p = {comparison.adjusted_p:.2g} after Holm's correction"
    else:
        verdict = "is undecided against"
        why = f"p = {comparison.adjusted_p:.2g}; {describe_need(comparison)} would decide"
    return (
        f"<li><strong>{escape(comparison.arm)}</strong> {verdict} {escape(comparison.reference)}: "
        f"{measured} over {test.n} paired seed{'s' if test.n > 1 else ''} ({escape(why)}).</li>"
    )
