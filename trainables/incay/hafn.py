"""Hard adaptive feature norm."""

from __future__ import annotations

from typing import TYPE_CHECKING

from incay.trainables.incay import register_form
from incay.trainables.incay.base import FormBatch, IncayForm
from incay.trainables.settings import require_finite

if TYPE_CHECKING:
    from torch import Tensor


@register_form("hafn")
class HAFN(IncayForm):
    """(mean_i ‖f_i‖ − R)², of the batch's mean norm: features grow until their mean norm is R.

    The mean is that of the samples that count, and of each part of a batch where gradients are
    accumulated. The authors adapt domains by it; here it is a plain regulariser.
    """

    citation = "Xu et al. (AFN), ICCV 2019; R = 25, λ = 0.05 (Office-31), 0.01 (VisDA)"
    search_space = {"weight": "log 1e-4 .. 1e0", "settings.radius": "log 1e0 .. 1e3"}

    @staticmethod
    def batch_penalty(batch: FormBatch, *, radius: float = 25.0) -> Tensor:
        """Return (mean − R)² for every sample."""
        norm_B, counts_B = batch.norms(), batch.counts_B
        mean = (norm_B * counts_B).sum() / counts_B.sum().clamp(min=1)
        return (mean - radius).square().expand_as(norm_B)

    @staticmethod
    def check(radius: float) -> None:
        """Refuse radii that no norm has."""
        require_finite("settings.radius", radius)
