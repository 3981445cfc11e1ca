"""The regulariser of MagFace."""

from __future__ import annotations

from typing import TYPE_CHECKING

from incay.trainables.incay import register_form
from incay.trainables.incay.base import IncayForm
from incay.trainables.settings import require, require_finite

if TYPE_CHECKING:
    from torch import Tensor


@register_form("magface-g")
class MagFaceG(IncayForm):
    """g(a) = a/u_a² + 1/a of a = ‖f‖ clamped to [l_a, u_a]: it lengthens features up to u_a.

    Beyond the bounds it has no gradient, as in the authors' code. It goes with any loss; the
    authors' has a margin that grows with a as well.
    """

    citation = "Meng et al., CVPR 2021; a in [10, 110], λ_g = 35"
    search_space = {"weight": "log 1e-1 .. 1e3", "settings.upper": "log 2e1 .. 1e3"}

    @staticmethod
    def penalty(
        squared_norm_B: Tensor, epsilon: float, *, lower: float = 10.0, upper: float = 110.0
    ) -> Tensor:
        """Return g; `lower` is l_a, `upper` is u_a."""
        norm_B = (squared_norm_B + epsilon).sqrt().clamp(lower, upper)
        return norm_B / upper**2 + 1.0 / norm_B

    @staticmethod
    def check(lower: float, upper: float) -> None:
        """Refuse bounds that are none."""
        require_finite("settings.lower", lower, low_open=True)
        require(lower < upper, f"settings.upper > settings.lower={lower:g}", upper)
