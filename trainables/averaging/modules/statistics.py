"""Batch norm's statistics, computed anew for weights that never trained with them."""

from __future__ import annotations

from collections.abc import Iterable

import torch
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm


@torch.no_grad()
def recompute_statistics(
    network: nn.Module, images: Iterable[Tensor], autocast: torch.dtype | None
) -> None:
    """Set running means and variances to those of some batches, each batch counting the same.

    It does what `torch.optim.swa_utils.update_bn` does, but leaves norms alone that are frozen:
    that one would reset them.

    Args:
        network: In training mode.
        images: Batches of images (B, C, H, W).
        autocast: The network's dtype under autocast, None without.
    """
    norms = [
        each
        for each in network.modules()
        if isinstance(each, _BatchNorm) and each.training and each.track_running_stats
    ]
    if not norms:
        return
    momenta = [norm.momentum for norm in norms]
    for norm in norms:
        norm.reset_running_stats()
        norm.momentum = None  # the plain mean over batches
    for batch in images:
        with torch.autocast(batch.device.type, autocast, enabled=autocast is not None):
            network(batch)
    for norm, momentum in zip(norms, momenta, strict=True):
        norm.momentum = momentum
