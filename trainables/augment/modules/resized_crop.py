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
    count, channels, height, width = images_BCHW.shape
    rows_B1HH = to_device(_weights(top_B, height_B, height), images_BCHW.device).unsqueeze(1)
    columns_BWW = to_device(_weights(left_B, width_B, width), images_BCHW.device)
    resampled = (rows_B1HH @ images_BCHW.float()).view(count, channels * height, width)
    resampled = resampled @ columns_BWW.transpose(1, 2)
    return resampled.round_().to(torch.uint8).view_as(images_BCHW)


def _weights(start_B: Tensor, length_B: Tensor, size: int) -> Tensor:
    """Return what each row of an image counts in each of the result: (B, size, size).

    Two of each line are not 0. To multiply by them all is faster than to pick those two, on a CPU
    too, up to some hundred rows.
    """
    at_BN = (torch.arange(size) + 0.5) * (length_B / size)[:, None] - 0.5
    at_BN = start_B[:, None] + torch.minimum(at_BN.clamp(min=0.0), length_B[:, None] - 1)
    distance_BNM = (at_BN.unsqueeze(2) - torch.arange(size)).abs_()
    return (1.0 - distance_BNM).clamp_(min=0.0).float()


def _uniform(count: int, draw: torch.Generator) -> Tensor:
    return torch.rand((TRIES, count), dtype=torch.float64, generator=draw)


def _chosen(value_TB: Tensor, otherwise: int, first_B: Tensor) -> Tensor:
    last = torch.full_like(value_TB[:1], otherwise)
    return torch.cat((value_TB, last)).gather(0, first_B[None])[0]
