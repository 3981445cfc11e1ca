"""The log form."""

from __future__ import annotations

from typing import TYPE_CHECKING

from incay.trainables.incay import register_form
from incay.trainables.incay.base import IncayForm

if TYPE_CHECKING:
    from torch import Tensor


@register_form("log")
class Log(IncayForm):
    """−log(‖f‖² + ε); its gradient −2f/(‖f‖² + ε) falls as 1/‖f‖."""

    citation = "paper A, section 6.3"
    search_space = {"weight": "log 1e-4 .. 1e2"}

    @staticmethod
    def penalty(squared_norm_B: Tensor, epsilon: float) -> Tensor:
        """Return −log(‖f‖² + ε)."""
        return -(squared_norm_B + epsilon).log()
