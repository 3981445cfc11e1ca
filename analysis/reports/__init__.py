"""The report: one self-contained HTML page on a study, without any request to a network.

Every number links to the trials behind it, which are listed at the end of the page.
"""

from __future__ import annotations

from incay.analysis.output.renderers.html import figure_html
from incay.analysis.reports.answer import answer
from incay.analysis.reports.figures import figures_section
from incay.analysis.reports.page import page, section
from incay.analysis.reports.study import arms_section, endings_section, provenance_section
from incay.analysis.reports.trials import link_to_trials, trials_section
from incay.analysis.results.study import StudyResults
from incay.analysis.tables import build_table


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
    shown = [table for table in tables if table.rows]
    sections = [
        section("answer", "Answer", answer(results)),
        section("tables", "Tables", "".join(figure_html(t, link_to_trials) for t in shown)),
        section("arms", "Arms", arms_section(results)),
        section("figures", "Figures", figures_section(results)),
        section("endings", "Endings", endings_section(results)),
        section("provenance", "Provenance", provenance_section(results)),
        section("trials", "Trials", trials_section(results)),
    ]
    return page(results.name, sections)
