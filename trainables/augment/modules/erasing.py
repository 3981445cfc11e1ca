"""Random erasing.

Shape suffixes: B batch, H height, W width, T tries.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from incay.trainables.augment.modules.base import Augmentation, to_device

if TYPE_CHECKING:
    from incay.trainables.augment.erasing import ErasingSettings

TRIES = 10
"""How often a rectangle is drawn until one is smaller than the image, as in torchvision."""


class Erasing(Augmentation):
    """See `ErasingSettings`. Each image has a rectangle of its own, or none."""

    draws_globally = False

    def __init__(self, settings: ErasingSettings, image_shape: tuple[int, int, int]) -> None:
        self._settings = settings
        self._height, self._width = image_shape[1:]

    def __call__(self, images: Tensor, draw: torch.Generator) -> Tensor:
        """Return normalised images with a rectangle of zeros."""
        device = images.device
        top_B, left_B, height_B, width_B = to_device(
            torch.stack(self.rectangles(len(images), draw)), device
        )
        rows_BH = _within(top_B, height_B, self._height)
        columns_BW = _within(left_B, width_B, self._width)
        return images.masked_fill(rows_BH[:, None, :, None] & columns_BW[:, None, None, :], 0.0)

    def rectangles(
        self, count: int, draw: torch.Generator
    ) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """Return top, left, height and width for each image, in pixels; a height of 0 is none."""
        settings, height, width = self._settings, self._height, self._width
        uniform_2TB = torch.rand((2, TRIES, count), dtype=torch.float64, generator=draw)
        span = settings.max_area - settings.min_area
        area_TB = (settings.min_area + span * uniform_2TB[0]) * (height * width)
        ratio_TB = ((1.0 - 2.0 * uniform_2TB[1]) * math.log(settings.min_ratio)).exp()
        height_TB = (area_TB * ratio_TB).sqrt().round()
        width_TB = (area_TB / ratio_TB).sqrt().round()
        fits_TB = (height_TB < height) & (width_TB < width)
        first_B = fits_TB.float().argmax(0)[None]
        rest_3B = torch.rand((3, count), dtype=torch.float64, generator=draw)
        erased_B = fits_TB.any(0) & (rest_3B[0] < settings.probability)
        height_B = torch.where(erased_B, height_TB.gather(0, first_B)[0], 0.0)
        width_B = torch.where(erased_B, width_TB.gather(0, first_B)[0], 0.0)
        top_B = (rest_3B[1] * (height - height_B + 1)).floor()
        left_B = (rest_3B[2] * (width - width_B + 1)).floor()
        return top_B, left_B, height_B, width_B


def _within(start_B: Tensor, length_B: Tensor, size: int) -> Tensor:
    at_N = torch.arange(size, device=start_B.device)
    return (at_N >= start_B[:, None]) & (at_N < (start_B + length_B)[:, None])
