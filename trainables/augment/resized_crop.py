"""Random resized crops."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from incay.trainables.augment.base import AugmentPart
from incay.trainables.settings import require

if TYPE_CHECKING:
    from incay.trainables.augment.modules.base import Augmentation


@dataclass(frozen=True, kw_only=True)
class ResizedCropSettings(AugmentPart):
    """A window of random area and shape, brought back to the image's size (bilinear).

    Szegedy et al., Going Deeper with Convolutions, CVPR 2015, section 6; the draw is that of
    torchvision.transforms.v2.RandomResizedCrop.

    Attributes:
        min_area: The smallest share of the image's area; 0.08 in the paper, 0 is off.
        max_ratio: The largest width by height; its inverse is the smallest. 4/3 in the paper.
    """

    min_area: float = 0.0
    max_ratio: float = 4 / 3

    part = "resized_crop"

    def __post_init__(self) -> None:
        fits = self.min_area == 0.0 or 0.01 <= self.min_area <= 1.0
        require(fits, "min_area = 0 or 0.01 <= min_area <= 1", self.min_area)
        require(1.0 <= self.max_ratio <= 4.0, "1 <= max_ratio <= 4", self.max_ratio)

    @property
    def active(self) -> bool:
        """Whether it changes anything."""
        return self.min_area > 0.0

    def build(self, image_shape: tuple[int, int, int]) -> Augmentation:
        """Return what does it."""
        from incay.trainables.augment.modules.resized_crop import ResizedCrop

        return ResizedCrop(self, image_shape)
