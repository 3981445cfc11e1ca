"""mixup and cutmix.

Shape suffixes: B batch, K classes.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor

from incay.trainables.augment.modules.base import to_device

if TYPE_CHECKING:
    from incay.trainables.augment.mix import MixSettings


class Mix:
    """See `MixSettings`. λ, partners and the rectangle are drawn on the CPU, once a batch."""

    def __init__(self, settings: MixSettings, image_shape: tuple[int, int, int]) -> None:
        self._settings = settings
        self._height, self._width = image_shape[1:]

    def __call__(
        self, images: Tensor, labels_B: Tensor, num_classes: int, seed: int
    ) -> tuple[Tensor, Tensor]:
        """Return mixed images, and each one's shares of classes (B, K), float32.

        Args:
            images: Normalised, on the device.
            labels_B: Class indices.
            num_classes: K.
            seed: Of what is drawn.
        """
        draw = np.random.default_rng(seed)
        share = float(draw.beta(self._settings.alpha, self._settings.alpha))
        partner_B = to_device(torch.from_numpy(draw.permutation(len(images))), images.device)
        others = images.index_select(0, partner_B)
        if self._settings.name == "mixup":
            mixed = share * images + (1.0 - share) * others
        else:
            rows, columns = self.rectangle(share, draw)
            mixed = images.clone()
            mixed[:, :, rows, columns] = others[:, :, rows, columns]
            pasted = (rows.stop - rows.start) * (columns.stop - columns.start)
            share = 1.0 - pasted / (self._height * self._width)  # what the border has cut counts
        # Not one_hot, which may look at the labels, and would wait for a GPU.
        classes_K = torch.arange(num_classes, device=labels_B.device)
        labels_BK = (labels_B[:, None] == classes_K).float()
        labels_BK = share * labels_BK + (1.0 - share) * labels_BK.index_select(0, partner_B)
        return mixed.contiguous(memory_format=torch.channels_last), labels_BK

    def rectangle(self, share: float, draw: np.random.Generator) -> tuple[slice, slice]:
        """Return rows and columns of a rectangle of a share 1 − λ, cut by the image's border."""
        side = math.sqrt(1.0 - share)
        middle = draw.integers(self._height), draw.integers(self._width)
        rows, columns = (
            slice(max(0, int(at) - half), min(size, int(at) + half))
            for at, size, half in (
                (middle[0], self._height, int(self._height * side) // 2),
                (middle[1], self._width, int(self._width * side) // 2),
            )
        )
        return rows, columns
