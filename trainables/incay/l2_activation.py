"""L2 activation regularisation of the features."""

from __future__ import annotations

from typing import TYPE_CHECKING

from incay.trainables.incay import register_form
from incay.trainables.incay.base import FormBatch, IncayForm

if TYPE_CHECKING:
    from torch import Tensor


@register_form("l2-activation")
class L2Activation(IncayForm):
    """‖f‖²/D, the mean square of a feature's D numbers: it shortens features.

    With weight α it is AR; feature incay's exact opposite, hence a control.
    """

    citation = "Merity et al. (AWD-LSTM), arXiv 1708.02182, 2017; α = 2"
    search_space = {"weight": "log 1e-3 .. 1e2"}

    @staticmethod
    def batch_penalty(batch: FormBatch) -> Tensor:
        """Return ‖f‖²/D."""
        return batch.features_BD.square().mean(dim=1)
