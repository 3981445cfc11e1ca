"""The layer table of a network: output shapes, parameters and multiply-adds per image."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import nn

from incay.trainables.networks.base import NetworkSettings


@dataclass(frozen=True)
class Layer:
    """One row of the table.

    Attributes:
        name: Where the layer is in the network, e.g. ``trunk.0``.
        kind: Its class, e.g. ``Conv2d``.
        output_shape: Of one image, without the batch.
        parameters: Numbers that training changes.
        multiply_adds: Multiply-adds per image of convolutions and fully connected layers; 0
            for all others, whose share is small, and for the products of tokens in attention. A
            FLOP count has twice as many.
    """

    name: str
    kind: str
    output_shape: tuple[int, ...]
    parameters: int
    multiply_adds: int


def layer_table(settings: NetworkSettings, image_shape: tuple[int, int, int]) -> list[Layer]:
    """Return the layers of a network in the order in which an image passes them.

    Args:
        settings: The network.
        image_shape: (channels, height, width).

    Raises:
        ValueError: The network cannot take images of this shape.
    """
    with torch.random.fork_rng(devices=[]):
        network = settings.build(image_shape).eval()
    outputs: dict[nn.Module, tuple[str, tuple[int, ...]]] = {}
    hooked: dict[str, nn.Module] = {}

    def record(name: str, module: nn.Module) -> None:
        def hook(module: nn.Module, inputs: Any, output: Any) -> None:
            del inputs
            first = output[0] if isinstance(output, tuple) else output
            outputs.setdefault(module, (name, tuple(first.shape[1:])))

        hooked[name] = module
        module.register_forward_hook(hook)

    for name, module in network.named_modules():
        leaf = not any(module.children()) and not isinstance(module, nn.Identity)
        # Attention has weights of its own beside its layers.
        if leaf or any(True for _ in module.parameters(recurse=False)):
            record(name, module)
    with torch.inference_mode():
        network(torch.zeros(1, *image_shape))
    weights = {
        name: list(module.named_parameters(recurse=False)) for name, module in hooked.items()
    }
    for name in [each for each, module in hooked.items() if module not in outputs]:
        # Layers whose weights another one uses without calling them, as attention does.
        user = next((each for each in _above(name) if hooked.get(each) in outputs), None)
        if user is not None:
            weights[user] += weights.pop(name)
    return [
        Layer(
            name=name,
            kind=type(module).__name__,
            output_shape=shape,
            parameters=sum(each.numel() for _, each in weights[name] if each.requires_grad),
            multiply_adds=_multiply_adds(module, shape, weights[name]),
        )
        for module, (name, shape) in outputs.items()
    ]


def _above(name: str) -> Iterator[str]:
    """Yield the names of the modules that one lies in, from the nearest."""
    while name:
        name = name.rpartition(".")[0]
        yield name


def _multiply_adds(
    module: nn.Module, shape: tuple[int, ...], weights: Sequence[tuple[str, nn.Parameter]]
) -> int:
    if isinstance(module, nn.Conv2d | nn.Linear):
        # Each output is a sum over one row of weights.
        return math.prod(shape) * module.weight[0].numel()
    # Matrices of attention multiply each of the places, whose numbers are the last axis.
    matrices = [each for name, each in weights if name.endswith("weight") and each.ndim == 2]
    return sum(math.prod(shape[:-1]) * each.numel() for each in matrices)
