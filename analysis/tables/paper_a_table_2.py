"""Paper A, Table 2, and paper B, Table 3: error rates on MNIST, CIFAR10 and CIFAR100."""

from __future__ import annotations

from incay.analysis.output.table import Table
from incay.analysis.papers.publications import PublishedTable, published_table
from incay.analysis.results.study import Arm, StudyResults
from incay.analysis.tables import register_table
from incay.analysis.tables.layouts.matrix import matrix_table
from incay.analysis.tables.layouts.names import method_of, plain


@register_table("paper-a-table-2")
def paper_a_table_2(results: StudyResults) -> Table:
    """Return test errors by method and data set, cited systems included (paper A, Table 2)."""
    return _error_rates(results, published_table("a-table-2"))


@register_table("paper-b-table-3")
def paper_b_table_3(results: StudyResults) -> Table:
    """Return test errors by method and data set, cited systems included (paper B, Table 3)."""
    return _error_rates(results, published_table("b-table-3"))


def _error_rates(results: StudyResults, published: PublishedTable) -> Table:
    named = {plain(line.key): line.key for line in published.columns}

    def place(arm: Arm) -> tuple[str, str]:
        dataset = str(arm.setting("dataset.name") or "unknown data set")
        column = named.get(plain(dataset), dataset)
        return method_of(arm, (*named, dataset)), column

    return matrix_table(results, published, "test.error", place)
