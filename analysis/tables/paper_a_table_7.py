"""Paper A, Table 7: weight decay μ of the softmax loss alone."""

from __future__ import annotations

from incay.analysis.output.table import Table
from incay.analysis.papers.publications import PublishedTable
from incay.analysis.results.study import StudyResults
from incay.analysis.tables.base import register_paper_table
from incay.analysis.tables.layouts.by_setting import by_setting_table
from incay.analysis.tables.layouts.methods import TEST_NORM, of_test
from incay.trainables import names
from incay.trainables.metrics import ACCURACY


@register_paper_table("paper-a-table-7")
def paper_a_table_7(results: StudyResults, published: PublishedTable) -> Table:
    """Return test accuracy and mean feature norm by weight decay (paper A, Table 7)."""
    accuracy = of_test(ACCURACY, "Accuracy")
    return by_setting_table(results, published, (accuracy, TEST_NORM), names.WEIGHT_DECAY)
