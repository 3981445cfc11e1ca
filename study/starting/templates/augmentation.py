"""An augmentation of your own: what changes training images at random.

A study uses it by `uses: [mine.py]` and `augment: {policy: mine}`.
Test it with `python -m pytest test_mine.py`.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from incay.components import Augmentation, PolicySettings, register_augmentation, require


@register_augmentation("mine")
@dataclass(frozen=True, kw_only=True)
class MineSettings(PolicySettings):
    """Each image inverted with probability `share`: write here what yours does.

    Attributes:
        share: A setting of yours. Numbers, texts, true and false, Literals and tuples of these.
    """

    share: float = 0.5

    citation = "where it comes from: paper, section"
    # A range worth searching: `incay methods` shows it.
    search_space = {"share": "0.1 .. 0.9"}

    def __post_init__(self) -> None:
        require(0.0 <= self.share <= 1.0, "0 <= share <= 1", self.share)

    def build(self, image_shape: tuple[int, int, int]) -> Augmentation:
        """Return what does it, for images (channels, height, width)."""
        del image_shape  # any will do
        return MineAugmentation(self.share)


class MineAugmentation(Augmentation):
    """See `MineSettings`."""

    def __init__(self, share: float) -> None:
        self.share = share

    def __call__(self, images: Tensor, draw: torch.Generator) -> Tensor:
        """Return changed images: uint8 (batch, channels, height, width), on the images' device.

        Draw from `draw`, which is on the CPU, or from global states: the transforms of
        torchvision.transforms.v2 do, and change a whole batch alike.
        """
        chosen = torch.rand(len(images), generator=draw) < self.share
        chosen = chosen.to(images.device).view(-1, 1, 1, 1)
        return torch.where(chosen, 255 - images, images)
