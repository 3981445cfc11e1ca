"""The page of a report, from its sections."""

from __future__ import annotations

from incay.analysis.output.jinja import environment
from incay.analysis.output.renderers.html import TEMPLATES
from incay.analysis.output.shown import lay_out
from incay.analysis.reports.answer import answer
from incay.analysis.reports.arms import arms, shared_by_all
from incay.analysis.reports.endings import endings
from incay.analysis.reports.figures import inlined_figures
from incay.analysis.reports.provenance import provenance
from incay.analysis.reports.trials import listed_trials
from incay.analysis.results.study import StudyResults
from incay.analysis.tables.building import build_table

SECTIONS = ("answer", "tables", "arms", "figures", "endings", "provenance", "trials")


def report(results: StudyResults, *, allow_unequal: bool = False) -> str:
    """Return a study's report as one HTML page.

    Args:
        results: The study.
        allow_unequal: See `build_table`.

    Raises:
        AnalysisError: Arms have unequal budgets.
    """
    names = dict.fromkeys([results.table or "general", "comparisons", "general"])
    tables = [build_table(results, name, allow_unequal=allow_unequal) for name in names]
    page = environment("incay.analysis.reports", TEMPLATES).get_template("report.html")
    return page.render(
        results=results,
        sections=SECTIONS,
        answer=answer(results),
        tables=[(table, lay_out(table)) for table in tables if table.rows],
        arms=arms(results),
        shared=shared_by_all(results),
        figures=inlined_figures(results),
        endings=endings(results),
        provenance=provenance(results),
        trials=listed_trials(results),
    )
