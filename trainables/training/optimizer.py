"""SGD with the authors' per-parameter rules."""

from __future__ import annotations

import torch
from torch import nn

from incay.trainables.training.settings import OptimizerSettings

_NORMALIZATION = (nn.BatchNorm1d, nn.BatchNorm2d)
"""Modules whose parameters have no weight decay."""


def build_optimizer(settings: OptimizerSettings, modules: nn.Module) -> torch.optim.SGD:
    """Return SGD over all parameters of `modules`.

    Weights: lr, weight decay μ. Biases: lr × `bias_lr_multiplier`, none. Batch-norm
    parameters: lr, none. (L-Softmax and SphereFace authors' published settings.) Slopes of
    PReLU count as weights: the SphereFace authors set nothing for them, which is Caffe's
    way of saying so.
    Each group keeps its factor of the base rate as ``lr_factor``.
    """
    weights: list[nn.Parameter] = []
    biases: list[nn.Parameter] = []
    undecayed: list[nn.Parameter] = []
    for module in modules.modules():
        for name, parameter in module.named_parameters(recurse=False):
            if isinstance(module, _NORMALIZATION):
                undecayed.append(parameter)
            elif name == "bias":
                biases.append(parameter)
            else:
                weights.append(parameter)
    groups = [
        {"params": weights, "weight_decay": settings.weight_decay, "lr_factor": 1.0},
        {"params": biases, "weight_decay": 0.0, "lr_factor": settings.bias_lr_multiplier},
        {"params": undecayed, "weight_decay": 0.0, "lr_factor": 1.0},
    ]
    return torch.optim.SGD(
        [group for group in groups if group["params"]],
        lr=settings.lr,
        momentum=settings.momentum,
        fused=True,
    )


def set_lr(optimizer: torch.optim.SGD, lr: float) -> None:
    """Set the learning rate of every group from the base rate."""
    for group in optimizer.param_groups:
        group["lr"] = lr * group["lr_factor"]
