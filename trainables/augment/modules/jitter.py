"""Colour jitter."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch import Tensor

from incay.trainables.augment.modules import colors
from incay.trainables.augment.modules.base import Augmentation, to_device

if TYPE_CHECKING:
    from incay.trainables.augment.jitter import JitterSettings


class Jitter(Augmentation):
    """See `JitterSettings`. Amounts are drawn for each image, the order of changes for a batch."""

    draws_globally = False

    def __init__(self, settings: JitterSettings, image_shape: tuple[int, int, int]) -> None:
        del image_shape
        # The change, its middle and how far it goes to either side.
        whole = (
            (colors.brightness, 1.0, settings.brightness),
            (colors.contrast, 1.0, settings.contrast),
            (colors.saturation, 1.0, settings.saturation),
            (colors.hue, 0.0, settings.hue),
        )
        self._changes = [change for change in whole if change[2] > 0.0]

    def __call__(self, images: Tensor, draw: torch.Generator) -> Tensor:
        """Return the images in other colours."""
        for index in torch.randperm(len(self._changes), generator=draw).tolist():
            change, middle, most = self._changes[index]
            amount_B = middle + most * (2.0 * torch.rand(len(images), generator=draw) - 1.0)
            images = change(images, to_device(amount_B, images.device))
        return images
