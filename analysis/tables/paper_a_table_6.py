"""Paper A, Table 6: forms of feature incay."""

from __future__ import annotations

from incay.analysis.output.table import Table
from incay.analysis.papers.publications import PublishedTable
from incay.analysis.results.study import Arm, StudyResults
from incay.analysis.tables.base import register_paper_table
from incay.analysis.tables.layouts.methods import TEST_NORM, methods_table, of_test
from incay.trainables import names
from incay.trainables.metrics import ACCURACY

_LINES = {
    "none": "Softmax",
    "linear": "Softmax + LN",
    "log": "Softmax + LogN",
    "reciprocal": "Softmax + RN",
}


@register_paper_table("paper-a-table-6")
def paper_a_table_6(results: StudyResults, published: PublishedTable) -> Table:
    """Return test accuracy by form; the paper prints no norms (paper A, Table 6)."""
    accuracy = of_test(ACCURACY, "Accuracy")
    return methods_table(results, published.transposed(), (accuracy, TEST_NORM), _line_of)


def _line_of(arm: Arm) -> str | None:
    if arm.setting(names.LOSS) != "softmax":
        return None
    on = names.incay_is_on(arm.settings)
    return _LINES.get(str(arm.setting(names.FORM)) if on else "none")
