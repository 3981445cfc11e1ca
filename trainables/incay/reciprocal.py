"""The reciprocal form: the papers' Reciprocal Norm Loss (RN)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from incay.trainables.incay import register_form
from incay.trainables.incay.base import IncayForm

if TYPE_CHECKING:
    from torch import Tensor


@register_form("reciprocal")
class Reciprocal(IncayForm):
    """1 / (‖f‖² + ε); its gradient −2f/(‖f‖² + ε)² favours short features."""

    citation = "paper A, eq. 8 and section 6.3; paper B, eq. 8"
    search_space = {"weight": "log 1e-3 .. 1e6"}

    @staticmethod
    def penalty(squared_norm_B: Tensor, epsilon: float) -> Tensor:
        """Return 1 / (‖f‖² + ε)."""
        return 1.0 / (squared_norm_B + epsilon)
