"""Objectosphere."""

from __future__ import annotations

from typing import TYPE_CHECKING

from incay.trainables.incay import register_form
from incay.trainables.incay.base import FormBatch, IncayForm
from incay.trainables.settings import require_finite

if TYPE_CHECKING:
    from torch import Tensor


@register_form("objectosphere")
class Objectosphere(IncayForm):
    """max(0, ξ − ‖f‖)² of known samples and ‖f‖² of unknown ones: it lengthens features up to ξ.

    Unknown samples are images of the data set `background`, as many in each step as of known ones,
    whose loss beside that is the entropic open-set loss, −(1/K) Σ_k log p_k. Means are taken over
    known and over unknown samples; the authors' is over both together, which is half as much of
    each. Without a background it is the part for known samples.
    """

    citation = "Dhamija et al., NeurIPS 2018; ξ = 50, λ = 1e-4"
    search_space = {"weight": "log 1e-5 .. 1e0", "settings.xi": "log 1e0 .. 1e3"}
    background = "background"

    @staticmethod
    def penalty(
        squared_norm_B: Tensor, epsilon: float, *, xi: float = 50.0, background: str = "none"
    ) -> Tensor:
        """Return max(0, ξ − ‖f‖)²; `background` names the set of unknown samples."""
        del background
        return (xi - (squared_norm_B + epsilon).sqrt()).clamp(min=0.0).square()

    @staticmethod
    def unknown_penalty(batch: FormBatch) -> Tensor:
        """Return ‖f‖²."""
        return batch.features_BD.square().sum(dim=1)

    @staticmethod
    def unknown_loss(batch: FormBatch) -> Tensor:
        """Return −(1/K) Σ_k log p_k, which is least where all p_k are 1/K."""
        logits_BK = batch.logits()
        return logits_BK.logsumexp(dim=1) - logits_BK.mean(dim=1)

    @staticmethod
    def check(xi: float, background: str) -> None:
        """Refuse norms that features cannot have; whether there is such a set, a trial asks."""
        del background
        require_finite("settings.xi", xi, low_open=True)
