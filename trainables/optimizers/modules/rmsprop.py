"""PyTorch's RMSprop."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch

if TYPE_CHECKING:
    from incay.trainables.optimizers.rmsprop import RMSpropSettings


def rmsprop(settings: RMSpropSettings, groups: list[dict[str, Any]]) -> torch.optim.RMSprop:
    """Return RMSprop over groups of parameters."""
    return torch.optim.RMSprop(
        groups,
        lr=settings.lr,
        alpha=settings.smoothing,
        eps=settings.epsilon,
        momentum=settings.momentum,
        centered=settings.centered,
    )
