"""Random erasing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from incay.trainables.augment.base import AugmentPart
from incay.trainables.settings import require

if TYPE_CHECKING:
    from incay.trainables.augment.modules.base import Augmentation


@dataclass(frozen=True, kw_only=True)
class ErasingSettings(AugmentPart):
    """A rectangle of the normalised image set to 0, which is the mean (Zhong et al., AAAI 2020).

    Attributes:
        probability: Of an image to lose one; 0.5 in the paper, 0 is off.
        min_area: The smallest share of the image's area; 0.02 in the paper.
        max_area: The largest; 0.4 in the paper, 0.33 in torchvision.
        min_ratio: The smallest height by width; its inverse is the largest. 0.3 in the paper.
    """

    probability: float = 0.0
    min_area: float = 0.02
    max_area: float = 0.4
    min_ratio: float = 0.3

    part = "erasing"

    def __post_init__(self) -> None:
        require(0.0 <= self.probability <= 1.0, "0 <= probability <= 1", self.probability)
        require(0.0 < self.min_area <= 1.0, "0 < min_area <= 1", self.min_area)
        require(self.min_area <= self.max_area, "min_area <= max_area", self.max_area)
        require(self.max_area <= 1.0, "max_area <= 1", self.max_area)
        require(0.0 < self.min_ratio <= 1.0, "0 < min_ratio <= 1", self.min_ratio)

    @property
    def active(self) -> bool:
        """Whether it changes anything."""
        return self.probability > 0.0

    def build(self, image_shape: tuple[int, int, int]) -> Augmentation:
        """Return what does it."""
        from incay.trainables.augment.modules.erasing import Erasing

        return Erasing(self, image_shape)
