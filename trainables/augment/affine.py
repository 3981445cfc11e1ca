"""Random rotation, shift, size and shear."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from incay.trainables.augment import register_augmentation
from incay.trainables.augment.base import PolicySettings
from incay.trainables.settings import require

if TYPE_CHECKING:
    from incay.trainables.augment.modules.base import Augmentation


@register_augmentation("affine")
@dataclass(frozen=True, kw_only=True)
class AffineSettings(PolicySettings):
    """Each image turned, shifted, resized and sheared about its centre, by amounts of its own.

    Attributes:
        degrees: The largest angle, to either side.
        translate: The largest shift, as a share of width and of height.
        scale: The largest change of size: 0.1 draws factors of 0.9 to 1.1.
        shear: The largest shear along x, in degrees, to either side.
    """

    degrees: float = 10.0
    translate: float = 0.0
    scale: float = 0.0
    shear: float = 0.0

    citation = "torchvision.transforms.v2.RandomAffine, nearest pixel"
    search_space = {"degrees": "1.0 .. 30.0"}

    def __post_init__(self) -> None:
        require(0.0 <= self.degrees <= 180.0, "0 <= degrees <= 180", self.degrees)
        require(0.0 <= self.translate <= 1.0, "0 <= translate <= 1", self.translate)
        require(0.0 <= self.scale < 1.0, "0 <= scale < 1", self.scale)
        require(0.0 <= self.shear <= 80.0, "0 <= shear <= 80", self.shear)

    def build(self, image_shape: tuple[int, int, int]) -> Augmentation:
        """Return the policy."""
        from incay.trainables.augment.modules.affine import Affine

        return Affine(self, image_shape)
