"""How a model's weights are distributed, layer by layer, before and after training.

Reads weights and changes nothing: training never reaches this module, so that it is no part of
a trial's fingerprint.
"""

from __future__ import annotations

import math

import pyarrow as pa
import torch
from torch import Tensor, nn

_FEWEST, _MOST = 8, 64
"""Bins of a layer, between its least and its largest weight: kilobytes for a large network."""

_SCHEMA = pa.schema(
    [
        ("layer", pa.string()),
        ("moment", pa.string()),
        ("low", pa.float64()),
        ("high", pa.float64()),
        ("count", pa.int64()),
    ]
)


@torch.no_grad()
def weight_histograms(network: nn.Module, loss: nn.Module, moment: str) -> pa.Table:
    """Return histograms of all weight matrices and convolutions (paper A, Figure 7).

    Args:
        network: Its parameters of one dimension (biases, batch norms) are left out.
        loss: Its weight is the layer ``classifier``.
        moment: ``initial`` or ``final``.

    Returns:
        One row per layer and bin: layer, moment, low and high (the bin's edges), count. Weights
        that are not finite are not counted.
    """
    rows = []
    for layer, weight in _layers(network, loss):
        # On the CPU, where counting is exact on every kind of device.
        values = weight.detach().float().cpu().ravel()
        values = values[values.isfinite()]
        if not len(values):
            continue
        low, high = float(values.min()), float(values.max())
        if low == high:
            low, high = low - 0.5, high + 0.5
        # Rice's rule: few weights in many bins would show their noise.
        bins = min(_MOST, max(_FEWEST, math.ceil(2.0 * len(values) ** (1.0 / 3.0))))
        counts = torch.histc(values, bins, low, high).long().tolist()
        width = (high - low) / bins
        rows += [
            {
                "layer": layer,
                "moment": moment,
                "low": low + index * width,
                "high": low + (index + 1) * width,
                "count": count,
            }
            for index, count in enumerate(counts)
        ]
    return pa.Table.from_pylist(rows, schema=_SCHEMA)


def _layers(network: nn.Module, loss: nn.Module) -> list[tuple[str, Tensor]]:
    found = [
        (name.removesuffix(".weight").removeprefix("trunk."), parameter)
        for name, parameter in network.named_parameters()
        if parameter.ndim > 1
    ]
    found += [
        ("classifier" if name == "weight" else f"loss.{name}", parameter)
        for name, parameter in loss.named_parameters()
        if parameter.ndim > 1
    ]
    return [("features" if name == "head.linear" else name, weight) for name, weight in found]
