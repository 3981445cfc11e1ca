"""Every arm against its reference, with everything that the other tables only hint at."""

from __future__ import annotations

from dataclasses import replace

from incay.analysis.comparing.comparisons import ALPHA, Comparison, compare_arms
from incay.analysis.comparing.discordance import Discordance, measure_discordance
from incay.analysis.content import Cell, Column, Row
from incay.analysis.errors import AnalysisError
from incay.analysis.output.table import Table
from incay.analysis.results.study import StudyResults
from incay.analysis.tables.base import register_table
from incay.analysis.tables.layouts.cells import difference_cell
from incay.analysis.tables.layouts.companions import (
    COMPANIONS,
    COMPANIONS_NOTE,
    companion_cells,
)
from incay.analysis.tables.layouts.formulas import (
    boundary_formula,
    count_formula,
    discordance_formula,
    effect_formula,
    p_formula,
)
from incay.analysis.tables.layouts.frame import study_table
from incay.analysis.tables.layouts.names import method_label
from incay.analysis.tables.layouts.notes.trained import shared_sentence
from incay.analysis.tables.layouts.tested import describe_need, look_text, test_notes
from incay.trainables.metrics import ERROR

_COLUMNS = (
    Column(key="n", title="pairs", decimals=0),
    Column(key="difference", title=f"Δ {ERROR.title}", unit=ERROR.difference_unit),
    Column(key="rule", title="rule", numeric=False),
    Column(key="look", title="look", numeric=False),
    Column(key="p", title="p", decimals=4, positive=True),
    Column(key="boundary", title="boundary of p", decimals=4, positive=True),
    Column(key="adjusted_p", title="p, Holm", decimals=4, positive=True),
    Column(key="effect", title="effect size g"),
    *COMPANIONS,
    Column(key="fixed", title="fixed", decimals=1),
    Column(key="added", title="added", decimals=1),
    Column(key="mcnemar", title="McNemar p < α", numeric=False),
    Column(key="conclusion", title="conclusion", numeric=False),
)
_NOTES = (
    "A difference is supported where p is below its boundary: what Holm's correction over all rows "
    "leaves of α, and of looks the share of that look. ± is half the 95 % interval by the same "
    "rule; g is the mean difference over the differences' spread, with Hedges' correction.",
    COMPANIONS_NOTE,
    "fixed, added: images that only the arm, or only its reference, has right, averaged over "
    "pairs. McNemar's exact test asks of each pair of models, not of the methods, whether they "
    "differ on these images.",
)


@register_table("comparisons")
def comparisons(results: StudyResults) -> Table:
    """Return difference, p-values, effect size, McNemar counts and conclusion for each arm."""
    compared = compare_arms(results, ERROR.of(results.split))
    rows = [
        Row(name=_names(results, each), cells=_cells(results, each)) for each in compared.values()
    ]
    title = f"Differences in {results.split} {ERROR.title} on the same seeds"
    if results.repetitions > 1:
        repeated = [
            "A pair is a search of either arm, with the mean over the seeds that confirmed its "
            "winner: seeds of one search are no replicates. McNemar's pairs are models."
        ]
    else:
        repeated = []
    notes = (*test_notes(compared), *_NOTES, *repeated, *filter(None, [shared_sentence(results)]))
    return study_table(results, title, _COLUMNS, rows, notes, compared, row_title="Arms")


def _names(results: StudyResults, comparison: Comparison) -> str:
    pair = (comparison.arm, comparison.reference)
    return " − ".join(method_label(results.arm(name)) for name in pair)


def _cells(results: StudyResults, comparison: Comparison) -> dict[str, Cell]:
    trials = comparison.fingerprints
    basis = comparison.basis
    cells = {
        "rule": Cell(text=comparison.rule),
        "look": Cell(text=look_text(comparison)),
        "n": Cell(
            value=float(comparison.test.n),
            fingerprints=trials,
            formula=count_formula("the difference"),
        ),
        "difference": difference_cell(comparison),
        "conclusion": Cell(
            text=_conclusion(comparison),
            fingerprints=trials,
            formula=p_formula(comparison, adjusted=True),
        ),
    }
    for key, value, formula in (
        ("p", basis.judged.printed_p, p_formula(basis, adjusted=False)),
        ("boundary", basis.boundary, boundary_formula(basis)),
        ("adjusted_p", basis.adjusted_p, p_formula(basis, adjusted=True)),
        ("effect", comparison.effect, effect_formula(comparison)),
    ):
        reason = "" if value is not None else _why_none(comparison)
        cells[key] = Cell(value=value, fingerprints=trials, reason=reason, formula=formula)
    cells |= companion_cells(results, comparison)
    return cells | _discordance_cells(comparison, measure_discordance(results, comparison))


def _discordance_cells(
    comparison: Comparison, found: Discordance | AnalysisError | None
) -> dict[str, Cell]:
    if isinstance(found, AnalysisError):
        return {"mcnemar": Cell(reason="no per-sample records", notes=(str(found),))}
    if found is None:
        return {"mcnemar": Cell(text="no pair")}
    pairs = len(found.tests)
    significant = sum(test.p < ALPHA for test in found.tests)
    cells = {
        "fixed": Cell(value=sum(test.fixed for test in found.tests) / pairs),
        "added": Cell(value=sum(test.added for test in found.tests) / pairs),
        "mcnemar": Cell(text=f"{significant} of {pairs} pairs"),
    }
    return {
        key: replace(
            cell,
            fingerprints=found.fingerprints,
            formula=discordance_formula(comparison, key, pairs),
        )
        for key, cell in cells.items()
    }


def _why_none(comparison: Comparison) -> str:
    if comparison.judged.waits:
        return "not tested"
    pairs = comparison.test.n
    return {1: "one pair", 2: "two pairs"}.get(pairs, "no spread")


def _conclusion(comparison: Comparison) -> str:
    if comparison.before is not None:
        return f"{comparison.verdict}, by an earlier plan of {comparison.before.test.n} seeds"
    if comparison.judged.waits:
        return f"undecided: {comparison.judged.waits}"
    if comparison.adjusted_p is None:
        return "undecided: one pair shows no spread"
    if comparison.decided:
        return comparison.verdict
    if comparison.rule == "looks" and comparison.is_at_last_look:
        return "undecided at the last look"
    return f"undecided: {describe_need(comparison)}"
