"""PyTorch's AdamW."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch

if TYPE_CHECKING:
    from incay.trainables.optimizers.adamw import AdamWSettings


def adamw(settings: AdamWSettings, groups: list[dict[str, Any]]) -> torch.optim.AdamW:
    """Return AdamW over groups of parameters."""
    return torch.optim.AdamW(
        groups,
        lr=settings.lr,
        betas=(settings.beta1, settings.beta2),
        eps=settings.epsilon,
        fused=True,
    )
