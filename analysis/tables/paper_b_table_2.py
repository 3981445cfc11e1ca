"""Paper B, Table 2: MNIST with the two-dimensional network."""

from __future__ import annotations

from incay.analysis.output.table import Table
from incay.analysis.papers.publications import PublishedTable
from incay.analysis.results.study import StudyResults
from incay.analysis.tables.base import register_paper_table
from incay.analysis.tables.layouts.methods import TEST_ACCURACY, TEST_NORM, methods_table


@register_paper_table("paper-b-table-2")
def paper_b_table_2(results: StudyResults, published: PublishedTable) -> Table:
    """Return accuracy and mean feature norm on the test set of six arms (paper B, Table 2)."""
    return methods_table(results, published, (TEST_ACCURACY, TEST_NORM))
