"""The linear form."""

from __future__ import annotations

from typing import TYPE_CHECKING

from incay.trainables.incay import register_form
from incay.trainables.incay.base import IncayForm

if TYPE_CHECKING:
    from torch import Tensor


@register_form("linear")
class Linear(IncayForm):
    """−‖f‖²; its gradient −2f grows with the feature.

    It has no lower bound: without a threshold training diverges sooner or later, as paper A
    expects, and such a trial is recorded as diverged.
    """

    citation = "paper A, section 6.3"
    search_space = {"weight": "log 1e-7 .. 1e-2"}

    @staticmethod
    def penalty(squared_norm_B: Tensor, epsilon: float) -> Tensor:
        """Return −‖f‖²."""
        del epsilon
        return -squared_norm_B
