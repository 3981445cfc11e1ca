"""The power family, of which the other forms are members."""

from __future__ import annotations

from typing import TYPE_CHECKING

from incay.trainables.incay import register_form
from incay.trainables.incay.base import IncayForm
from incay.trainables.settings import require

if TYPE_CHECKING:
    from torch import Tensor


@register_form("power")
class Power(IncayForm):
    """(‖f‖² + ε)^(p/2) for p < 0, minus it for p > 0, and −log(‖f‖² + ε) for p = 0.

    p = −2 is the reciprocal form, 0 the log form, and 2 the linear form but for a constant. The
    pull along f is |p|·‖f‖^(p−1), at p = 0 2/‖f‖: what p asks is how it falls as the norm grows.
    p = 1 pulls all features alike, as SAFN (Xu et al., ICCV 2019) does; −1 is the term 1/a of
    MagFace (Meng et al., CVPR 2021).
    """

    citation = "paper A, section 6.3, made one family"
    search_space = {"weight": "log 1e-4 .. 1e2", "settings.exponent": "-2.0 .. 2.0"}

    @staticmethod
    def penalty(squared_norm_B: Tensor, epsilon: float, *, exponent: float = -1.0) -> Tensor:
        """Return the penalty; `exponent` is p, from −4 to 4."""
        shifted_B = squared_norm_B + epsilon
        if exponent == 0.0:
            return -shifted_B.log()
        power_B = shifted_B.pow(exponent / 2.0)
        return power_B if exponent < 0.0 else -power_B

    @staticmethod
    def check(exponent: float) -> None:
        """Refuse exponents whose gradients no λ could balance."""
        require(-4.0 <= exponent <= 4.0, "settings.exponent between -4 and 4", exponent)
