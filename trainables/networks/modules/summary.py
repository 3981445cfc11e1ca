"""The layer table of a network: output shapes, parameters and multiply-adds per image."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

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
            for all others, whose share is small. A FLOP count has twice as many.
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
    layers: list[Layer] = []

    def record(name: str, module: nn.Module) -> None:
        def hook(module: nn.Module, inputs: Any, output: Tensor) -> None:
            del inputs
            layers.append(
                Layer(
                    name=name,
                    kind=type(module).__name__,
                    output_shape=tuple(output.shape[1:]),
                    parameters=sum(p.numel() for p in module.parameters() if p.requires_grad),
                    multiply_adds=_multiply_adds(module, output),
                )
            )

        module.register_forward_hook(hook)

    for name, module in network.named_modules():
        if not any(module.children()) and not isinstance(module, nn.Identity):
            record(name, module)
    with torch.inference_mode():
        network(torch.zeros(1, *image_shape))
    return layers


def _multiply_adds(module: nn.Module, output: Tensor) -> int:
    if isinstance(module, nn.Conv2d | nn.Linear):
        # Each output is a sum over one row of weights.
        return output[0].numel() * module.weight[0].numel()
    return 0
