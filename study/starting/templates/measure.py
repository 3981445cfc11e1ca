"""A measure of your own: one number of what a trained network says about images.

A study uses it by `uses: [mine.py]`, as a column (`columns: [error, mine]`) or as the objective of
a search (`objective: {metric: val.mine}`). Trials compute and record it.
Test it with `python -m pytest test_mine.py`.
"""

from __future__ import annotations

from incay.components import Measure, Records, register_measure


@register_measure("mine")
class MineMeasure(Measure):
    """Mean ‖f‖ of the right answers over that of all: write your equation here."""

    title = "how much longer right answers are"
    # "less", "more", or None where neither is better in itself: then nothing is tested.
    better = None
    decimals = 3
    citation = "where it comes from: paper, section, equation"
    # Fields of Records, which says what there is. NaN is no value, where there can be none.
    needs = ("label", "prediction", "norm")

    @staticmethod
    def compute(records: Records) -> float:
        """Return the measure; `records` has at least what it needs, as NumPy arrays."""
        return float(records.norm[records.correct].mean() / records.norm.mean())
