"""Paper A, Table 7: weight decay μ of the softmax loss alone."""

from __future__ import annotations

from incay.analysis.output.table import Table
from incay.analysis.papers.publications import published_table
from incay.analysis.results.study import StudyResults
from incay.analysis.tables import register_table
from incay.analysis.tables.layouts.by_setting import by_setting_table
from incay.analysis.tables.layouts.methods import ACCURACY, TEST_NORM, Quantity


@register_table("paper-a-table-7")
def paper_a_table_7(results: StudyResults) -> Table:
    """Return test accuracy and mean feature norm by weight decay (paper A, Table 7)."""
    accuracy = Quantity(ACCURACY, "test.accuracy", "Accuracy")
    published = published_table("a-table-7")
    return by_setting_table(results, published, (accuracy, TEST_NORM), "optimizer.weight_decay")
