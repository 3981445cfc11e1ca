"""PyTorch's Adam."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch

if TYPE_CHECKING:
    from incay.trainables.optimizers.adam import AdamSettings


def adam(settings: AdamSettings, groups: list[dict[str, Any]]) -> torch.optim.Adam:
    """Return Adam over groups of parameters."""
    return torch.optim.Adam(
        groups,
        lr=settings.lr,
        betas=(settings.beta1, settings.beta2),
        eps=settings.epsilon,
        fused=True,
    )
