"""Ways to convolve each member's images with its own weights; all compute the same.

Which one is fast depends on the device and on the channels: see ``benchmarks/training/stacked.py``.

Shape suffixes: B batch, M members, C channels in, O channels out, H, W, h, w height and width.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor


class Geometry(NamedTuple):
    """What a convolution has beside its weights: (height, width) each."""

    stride: tuple[int, int]
    padding: tuple[int, int]
    dilation: tuple[int, int]


Convolution = Callable[[Tensor, Tensor, Geometry], Tensor]
"""Maps inputs (B, M·C, H, W) and weights (M, O, C, kernel height, width) to (B, M·O, h, w)."""


def grouped(inputs: Tensor, weight: Tensor, geometry: Geometry) -> Tensor:
    """One convolution whose groups are the members."""
    return F.conv2d(inputs, weight.flatten(0, 1), None, *geometry, groups=len(weight))


def grouped_channels_last(inputs: Tensor, weight: Tensor, geometry: Geometry) -> Tensor:
    """The same with channels innermost; a CPU takes half the time for it."""
    last = torch.channels_last
    folded = weight.flatten(0, 1).contiguous(memory_format=last)
    inputs = inputs.contiguous(memory_format=last)
    return F.conv2d(inputs, folded, None, *geometry, groups=len(weight))


def one_by_one(inputs: Tensor, weight: Tensor, geometry: Geometry) -> Tensor:
    """Each member's own convolution, one after another."""
    pairs = zip(inputs.chunk(len(weight), dim=1), weight, strict=True)
    last = torch.channels_last
    return torch.cat(
        [F.conv2d(own.contiguous(memory_format=last), by, None, *geometry) for own, by in pairs],
        dim=1,
    )


def as_products(inputs: Tensor, weight: Tensor, geometry: Geometry) -> Tensor:
    """A product of matrices for each member, over copied-out patches.

    Raises:
        NotImplementedError: The convolution is dilated.
    """
    if geometry.dilation != (1, 1):
        raise NotImplementedError("a dilated convolution as products of matrices")
    device = inputs.device.type
    if torch.is_autocast_enabled(device):
        inputs = inputs.to(torch.get_autocast_dtype(device))
    members, outputs, channels, *kernel = weight.shape
    rows, columns = geometry.padding
    padded = F.pad(inputs, (columns, columns, rows, rows))
    images_MBHWC = padded.view(len(inputs), members, channels, *padded.shape[2:]).permute(
        1, 0, 3, 4, 2
    )
    patches = images_MBHWC.unfold(2, kernel[0], geometry.stride[0])
    patches = patches.unfold(3, kernel[1], geometry.stride[1])  # (M, B, h, w, C, kernel)
    _, batch, height, width = patches.shape[:4]
    flat = patches.reshape(members, batch * height * width, -1)
    product = torch.bmm(flat, weight.flatten(2).transpose(1, 2))
    shaped = product.view(members, batch, height, width, outputs)
    return shaped.permute(1, 0, 4, 2, 3).flatten(1, 2)


CONVOLUTIONS: dict[str, Convolution] = {
    "grouped": grouped,
    "grouped-channels-last": grouped_channels_last,
    "one-by-one": one_by_one,
    "products": as_products,
}

CHOSEN = {"cpu": "grouped-channels-last", "cuda": "grouped"}
"""The way that each type of device takes."""
