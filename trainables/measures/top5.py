"""Whether the true class is among the first five."""

from __future__ import annotations

from incay.trainables.measures import Measure, Records, register_measure


@register_measure("top5_error")
class Top5Error(Measure):
    """100 · share of images whose class is none of the five with the largest logits."""

    title = "top-5 error"
    unit = "%"
    better = "less"
    decimals = 2
    most = 100.0
    citation = "Russakovsky et al., ImageNet, IJCV 2015, section 4.1"
    needs = ("rank",)

    @staticmethod
    def compute(records: Records) -> float:
        """Return it; ties count as errors, so that equal logits for all classes gain nothing."""
        assert records.rank is not None
        return float(100.0 * (records.rank > 5).mean())
