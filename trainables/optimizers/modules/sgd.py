"""PyTorch's SGD."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch

if TYPE_CHECKING:
    from incay.trainables.optimizers.sgd import SGDSettings


def sgd(settings: SGDSettings, groups: list[dict[str, Any]]) -> torch.optim.SGD:
    """Return SGD over groups of parameters."""
    return torch.optim.SGD(
        groups,
        lr=settings.lr,
        momentum=settings.momentum,
        nesterov=settings.nesterov,
        fused=True,
    )
