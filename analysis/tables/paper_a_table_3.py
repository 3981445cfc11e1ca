"""Paper A, Table 3, and paper B, Table 4: accuracy by λ."""

from __future__ import annotations

from incay.analysis.output.table import Table
from incay.analysis.papers.publications import PublishedTable
from incay.analysis.results.study import Arm, StudyResults
from incay.analysis.tables.base import register_paper_table
from incay.analysis.tables.layouts.matrix import matrix_table
from incay.analysis.tables.layouts.names import method_of
from incay.trainables import names
from incay.trainables.metrics import ACCURACY

_RN = "RN + "


@register_paper_table("paper-a-table-3", "paper-b-table-4")
def by_weight(results: StudyResults, published: PublishedTable) -> Table:
    """Return test accuracies by method and λ."""
    named = {float(line.key): line.key for line in published.columns}

    def cell_of(arm: Arm) -> tuple[str, str]:
        weight = float(arm.setting(names.WEIGHT) or 0.0)
        method = method_of(arm, ())
        if weight == 0.0 and not method.startswith(_RN):
            # The plain loss is its own RN arm at λ = 0, bit for bit.
            method = _RN + method
        return method, named.get(weight, f"{weight:g}")

    return matrix_table(results, published, ACCURACY, cell_of, lambda key: f"λ = {key}")
