"""Ring loss."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from incay.trainables.incay import register_form
from incay.trainables.incay.base import FormBatch, IncayForm

if TYPE_CHECKING:
    from torch import Tensor


@register_form("ring")
class Ring(IncayForm):
    """½(‖f‖ − R)² with a learned radius R: features gather on a sphere.

    R begins as the mean norm of the first batch in which the term acts, of all its samples. The
    optimiser changes it like a weight, but without weight decay, which would shrink the sphere.
    """

    citation = "Zheng et al., CVPR 2018; λ = 0.01"
    search_space = {"weight": "log 1e-4 .. 1e0"}
    learned = ("radius",)

    @staticmethod
    def batch_penalty(batch: FormBatch) -> Tensor:
        """Return ½(‖f‖ − R)²."""
        return 0.5 * (batch.norms() - batch.learned["radius"]).square()

    @staticmethod
    def begin(batch: FormBatch) -> Mapping[str, Tensor]:
        """Return the mean norm."""
        return {"radius": batch.norms().mean()}
