"""The authors' initial weights, by Caffe's definitions."""

from __future__ import annotations

import math

from torch import nn


def msra(layer: nn.Conv2d | nn.Linear) -> None:
    """Draw weights from N(0, 2/fan_in); set the bias to 0 (L-Softmax authors' settings)."""
    nn.init.kaiming_normal_(layer.weight, nonlinearity="relu")
    _zero_bias(layer)


def xavier(layer: nn.Conv2d | nn.Linear) -> None:
    """Draw weights uniformly with variance 1/fan_in; set the bias to 0.

    This is Caffe's ``xavier`` (SphereFace authors' settings). PyTorch's own divides by
    fan_in + fan_out instead.
    """
    bound = math.sqrt(3.0 / layer.weight[0].numel())
    nn.init.uniform_(layer.weight, -bound, bound)
    _zero_bias(layer)


def gaussian(layer: nn.Conv2d, std: float) -> None:
    """Draw weights from N(0, std²); set the bias to 0."""
    nn.init.normal_(layer.weight, std=std)
    _zero_bias(layer)


def _zero_bias(layer: nn.Conv2d | nn.Linear) -> None:
    if layer.bias is not None:
        nn.init.zeros_(layer.bias)
