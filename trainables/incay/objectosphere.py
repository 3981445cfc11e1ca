"""The part of Objectosphere for samples of known classes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from incay.trainables.incay import register_form
from incay.trainables.incay.base import IncayForm
from incay.trainables.settings import require, require_finite

if TYPE_CHECKING:
    from torch import Tensor


@register_form("objectosphere")
class Objectosphere(IncayForm):
    """max(0, ξ − ‖f‖)² of known samples: it lengthens features up to ξ.

    The authors also train on a background set of unknown samples, whose penalty is ‖f‖² and whose
    labels are even. There is no such set here.
    """

    citation = "Dhamija et al., NeurIPS 2018, known samples only; ξ = 50, λ = 1e-4"
    search_space = {"weight": "log 1e-5 .. 1e0", "settings.xi": "log 1e0 .. 1e3"}

    @staticmethod
    def penalty(
        squared_norm_B: Tensor, epsilon: float, *, xi: float = 50.0, background: str = "none"
    ) -> Tensor:
        """Return max(0, ξ − ‖f‖)²; `background` is the set of unknown samples: none."""
        del background
        return (xi - (squared_norm_B + epsilon).sqrt()).clamp(min=0.0).square()

    @staticmethod
    def check(xi: float, background: str) -> None:
        """Refuse norms that features cannot have, and what is not built."""
        require_finite("settings.xi", xi, low_open=True)
        require(
            background == "none",
            "settings.background is none (no trial trains on unknown samples beside its own "
            "images, so that only the part for known samples is here)",
            background,
        )
