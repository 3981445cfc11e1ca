"""The logit penalty."""

from __future__ import annotations

from typing import TYPE_CHECKING

from incay.trainables.incay import register_form
from incay.trainables.incay.base import FormBatch, IncayForm

if TYPE_CHECKING:
    from torch import Tensor


@register_form("logit-penalty")
class LogitPenalty(IncayForm):
    """½‖z‖² of the loss's plain logits z: it shortens features and class vectors.

    With weight β. Of a loss whose logits do not know the norm, it acts on their scale alone.
    """

    citation = "Kornblith et al., NeurIPS 2021; β = 6e-4"
    search_space = {"weight": "log 1e-5 .. 1e-1"}

    @staticmethod
    def batch_penalty(batch: FormBatch) -> Tensor:
        """Return ½‖z‖²."""
        return 0.5 * batch.logits().square().sum(dim=1)
