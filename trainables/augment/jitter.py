"""Colour jitter."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from incay.trainables.augment.base import AugmentPart, one_or_three
from incay.trainables.settings import require

if TYPE_CHECKING:
    from incay.trainables.augment.modules.base import Augmentation


@dataclass(frozen=True, kw_only=True)
class JitterSettings(AugmentPart):
    """Random brightness, contrast, saturation and hue, as torchvision's ColorJitter defines them.

    Attributes:
        brightness: The factor lies within 1 ± brightness; so with the next two. 0 is off.
        contrast: See `brightness`.
        saturation: See `brightness`; needs three channels.
        hue: The shift lies within ± hue, in turns of the colour circle; needs three channels.
    """

    brightness: float = 0.0
    contrast: float = 0.0
    saturation: float = 0.0
    hue: float = 0.0

    part = "jitter"

    def __post_init__(self) -> None:
        for name in ("brightness", "contrast", "saturation"):
            value = getattr(self, name)
            require(0.0 <= value <= 1.0, f"0 <= {name} <= 1", value)
        require(0.0 <= self.hue <= 0.5, "0 <= hue <= 0.5", self.hue)

    @property
    def active(self) -> bool:
        """Whether it changes anything."""
        return any((self.brightness, self.contrast, self.saturation, self.hue))

    def refusal(self, image_shape: tuple[int, int, int]) -> str:
        """Return why images cannot be changed so, or nothing."""
        if image_shape[0] == 1 and (self.saturation or self.hue):
            return (
                "augment.jitter.saturation and .hue take images of three channels, but these are "
                "greyscale: set both to 0"
            )
        return one_or_three("augment.jitter", image_shape)

    def build(self, image_shape: tuple[int, int, int]) -> Augmentation:
        """Return what does it."""
        from incay.trainables.augment.modules.jitter import Jitter

        return Jitter(self, image_shape)
