"""Tables of one method under different values of one setting, printed across in the paper."""

from __future__ import annotations

from collections.abc import Sequence

from incay.analysis.output.table import Table
from incay.analysis.papers.publications import PublishedTable
from incay.analysis.results.study import Arm, StudyResults
from incay.analysis.tables.layouts.methods import MeasuredColumn, methods_table


def by_setting_table(
    results: StudyResults,
    published: PublishedTable,
    quantities: Sequence[MeasuredColumn],
    setting: str,
) -> Table:
    """Return arms as rows, found by the value of a numeric setting.

    Args:
        results: The study.
        published: The paper's table; its columns are values of the setting.
        quantities: What is measured.
        setting: The setting's dotted name.
    """

    def line_of(arm: Arm) -> str | None:
        value = arm.setting(setting)
        for line in published.columns:
            if isinstance(value, int | float) and _holds(line.key, float(value)):
                return line.key
        return None

    return methods_table(results, published.transposed(), quantities, line_of)


def _holds(key: str, value: float) -> bool:
    if key.startswith(">"):
        return value > float(key.removeprefix(">"))
    return float(key) == value
