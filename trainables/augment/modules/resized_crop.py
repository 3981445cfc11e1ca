"""Random resized crops.

Shape suffixes: B batch, C channels, H height, W width, T tries.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from incay.trainables.augment.modules.base import Augmentation, to_device

if TYPE_CHECKING:
    from incay.trainables.augment.resized_crop import ResizedCropSettings

TRIES = 10
"""How often a window is drawn until it fits, as in torchvision; else the largest that fits."""


class ResizedCrop(Augmentation):
    """See `ResizedCropSettings`. The window's corner, height and width are drawn for each image."""

    draws_globally = False

    def __init__(self, settings: ResizedCropSettings, image_shape: tuple[int, int, int]) -> None:
        self._settings = settings
        self._height, self._width = image_shape[1:]

    def __call__(self, images: Tensor, draw: torch.Generator) -> Tensor:
        """Return a window of each image, in the image's size."""
        return crop_and_resize(images, *self.windows(len(images), draw))

    def windows(self, count: int, draw: torch.Generator) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """Return top, left, height and width of a window for each image, in pixels: (B,) each."""
        height, width = self._height, self._width
        low, most = self._settings.min_area, math.log(self._settings.max_ratio)
        area_TB = (low + (1.0 - low) * _uniform(count, draw)) * (height * width)
        ratio_TB = ((2.0 * _uniform(count, draw) - 1.0) * most).exp()
        height_TB = (area_TB / ratio_TB).sqrt().round()
        width_TB = (area_TB * ratio_TB).sqrt().round()
        fits_TB = (height_TB >= 1) & (height_TB <= height) & (width_TB >= 1) & (width_TB <= width)
        # The first that fits; behind all tries the largest window of an allowed shape.
        ratio = min(max(width / height, math.exp(-most)), math.exp(most))
        tallest = min(height, round(width / ratio))
        widest = min(width, round(height * ratio))
        first_B = torch.where(fits_TB.any(0), fits_TB.float().argmax(0), TRIES)
        height_B = _chosen(height_TB, tallest, first_B)
        width_B = _chosen(width_TB, widest, first_B)
        at_2B = torch.rand((2, count), dtype=torch.float64, generator=draw)
        top_B = (at_2B[0] * (height - height_B + 1)).floor()
        left_B = (at_2B[1] * (width - width_B + 1)).floor()
        return top_B, left_B, height_B, width_B


def crop_and_resize(
    images_BCHW: Tensor, top_B: Tensor, left_B: Tensor, height_B: Tensor, width_B: Tensor
) -> Tensor:
    """Return windows of uint8 images in the images' size, bilinear between pixel centres.

    Args:
        images_BCHW: On the device.
        top_B: Of each window, in pixels; on the CPU, like the others.
        left_B: Of each window.
        height_B: Of each window.
        width_B: Of each window.
    """
    rows = _resampled(images_BCHW.float(), top_B, height_B, 2)
    return _resampled(rows, left_B, width_B, 3).round_().to(torch.uint8)


def _resampled(images: Tensor, start_B: Tensor, length_B: Tensor, dim: int) -> Tensor:
    """Return one dimension of the images, resampled from a range of each to its whole size."""
    size = images.shape[dim]
    shape = [len(images), 1, 1, 1]
    shape[dim] = size
    at_BN = (torch.arange(size) + 0.5) * (length_B / size)[:, None] - 0.5
    at_BN = at_BN.clamp(min=0.0)
    low_BN = torch.minimum(at_BN.floor(), length_B[:, None] - 1)
    high_BN = torch.minimum(low_BN + 1, length_B[:, None] - 1)
    share = to_device((at_BN - low_BN).float().view(shape), images.device)
    index_2BN = (torch.stack((low_BN, high_BN)) + start_B[:, None]).long()
    low, high = to_device(index_2BN, images.device).view(2, *shape)
    below = torch.take_along_dim(images, low, dim)
    return below.lerp_(torch.take_along_dim(images, high, dim), share)


def _uniform(count: int, draw: torch.Generator) -> Tensor:
    return torch.rand((TRIES, count), dtype=torch.float64, generator=draw)


def _chosen(value_TB: Tensor, otherwise: int, first_B: Tensor) -> Tensor:
    last = torch.full_like(value_TB[:1], otherwise)
    return torch.cat((value_TB, last)).gather(0, first_B[None])[0]
