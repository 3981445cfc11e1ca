"""Paper A, Table 3, and paper B, Table 4: accuracy by λ."""

from __future__ import annotations

from incay.analysis.output.table import Table
from incay.analysis.papers.publications import PublishedTable, published_table
from incay.analysis.results.study import Arm, StudyResults
from incay.analysis.tables import register_table
from incay.analysis.tables.layouts.matrix import matrix_table
from incay.analysis.tables.layouts.names import method_of

_RN = "RN + "


@register_table("paper-a-table-3")
def paper_a_table_3(results: StudyResults) -> Table:
    """Return test accuracies by method and λ (paper A, Table 3)."""
    return _by_weight(results, published_table("a-table-3"))


@register_table("paper-b-table-4")
def paper_b_table_4(results: StudyResults) -> Table:
    """Return test accuracies by method and λ (paper B, Table 4)."""
    return _by_weight(results, published_table("b-table-4"))


def _by_weight(results: StudyResults, published: PublishedTable) -> Table:
    named = {float(line.key): line.key for line in published.columns}

    def place(arm: Arm) -> tuple[str, str]:
        weight = float(arm.setting("incay.weight") or 0.0)
        method = method_of(arm, ())
        if weight == 0.0 and not method.startswith(_RN):
            # The plain loss is its own RN arm at λ = 0, bit for bit.
            method = _RN + method
        return method, named.get(weight, f"{weight:g}")

    return matrix_table(results, published, "test.accuracy", place, lambda key: f"λ = {key}")
