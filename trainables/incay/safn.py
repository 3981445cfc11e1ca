"""Stepwise adaptive feature norm."""

from __future__ import annotations

from typing import TYPE_CHECKING

from incay.trainables.incay import register_form
from incay.trainables.incay.base import IncayForm
from incay.trainables.incay.power import Power
from incay.trainables.settings import require_finite

if TYPE_CHECKING:
    from torch import Tensor


@register_form("safn")
class SAFN(IncayForm):
    """−2Δr·√(‖f‖² + ε), whose gradient −2Δr·f/‖f‖ is that of (‖f‖ − sg(‖f‖ + Δr))².

    The authors' square has the same value, Δr², for every feature; this is what has its gradient
    as a derivative. It is the power form with p = 1 and a weight of 2λΔr.
    """

    citation = (
        "Xu et al. (AFN), ICCV 2019; Δr = 1, λ = 0.05 (Office-31), Δr = 0.3, λ = 0.01 (VisDA)"
    )
    search_space = {"weight": "log 1e-4 .. 1e1"}

    @staticmethod
    def penalty(squared_norm_B: Tensor, epsilon: float, *, delta: float = 1.0) -> Tensor:
        """Return −2Δr·√(‖f‖² + ε)."""
        return 2.0 * delta * Power.penalty(squared_norm_B, epsilon, exponent=1.0)

    @staticmethod
    def check(delta: float) -> None:
        """Refuse steps that do not lengthen."""
        require_finite("settings.delta", delta, low_open=True)
