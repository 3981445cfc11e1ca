"""Paper A, Table 2, and paper B, Table 3: error rates on MNIST, CIFAR10 and CIFAR100."""

from __future__ import annotations

from incay.analysis.output.table import Table
from incay.analysis.papers.publications import PublishedTable
from incay.analysis.results.study import Arm, StudyResults
from incay.analysis.tables.base import register_paper_table
from incay.analysis.tables.layouts.matrix import matrix_table
from incay.analysis.tables.layouts.names import method_of, plain
from incay.trainables import names
from incay.trainables.metrics import ERROR


@register_paper_table("paper-a-table-2", "paper-b-table-3")
def error_rates(results: StudyResults, published: PublishedTable) -> Table:
    """Return test errors by method and data set, cited systems included."""
    named = {plain(line.key): line.key for line in published.columns}

    def cell_of(arm: Arm) -> tuple[str, str]:
        dataset = str(arm.setting(names.DATASET) or "unknown data set")
        column = named.get(plain(dataset), dataset)
        return method_of(arm, (*named, dataset)), column

    return matrix_table(results, published, ERROR, cell_of)
