"""Settings of augmentation: all that changes training images at random."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from incay.trainables.augment.base import AugmentPart, PolicySettings
from incay.trainables.augment.erasing import ErasingSettings
from incay.trainables.augment.jitter import JitterSettings
from incay.trainables.augment.mix import MixSettings
from incay.trainables.augment.none import NoPolicySettings
from incay.trainables.augment.resized_crop import ResizedCropSettings
from incay.trainables.settings import Settings, require

if TYPE_CHECKING:
    from incay.trainables.augment.modules.base import Augmenter


@dataclass(frozen=True, kw_only=True)
class AugmentSettings(Settings):
    """Random changes of the training images, made on the device. What follows flip is off.

    Attributes:
        horizontal_flip: ``default`` follows the data set: the papers flip all sets, which
            harms digits, so it is off for those; ``on`` restores the papers' wording.
        crop_padding: Zero pixels around the image before a random crop of the original size;
            4 for the L-Softmax authors' CIFAR-10+, 0 is off.
        resized_crop: Crops of random area and shape.
        jitter: Random colours.
        policy: A registered augmentation of uint8 images.
        erasing: Random erasing.
        mix: mixup and cutmix.
    """

    horizontal_flip: Literal["default", "on", "off"] = "default"
    crop_padding: int = 0
    resized_crop: ResizedCropSettings = field(default_factory=ResizedCropSettings)
    jitter: JitterSettings = field(default_factory=JitterSettings)
    policy: PolicySettings = field(default_factory=NoPolicySettings)
    erasing: ErasingSettings = field(default_factory=ErasingSettings)
    mix: MixSettings = field(default_factory=MixSettings)

    def __post_init__(self) -> None:
        fits = self.horizontal_flip in ("default", "on", "off")
        require(fits, "horizontal_flip in {default, on, off}", self.horizontal_flip)
        require(0 <= self.crop_padding <= 16, "0 <= crop_padding <= 16", self.crop_padding)
        require(
            not (self.crop_padding and self.resized_crop.active),
            "crop_padding = 0 or resized_crop.min_area = 0 (an image is cropped once)",
            f"{self.crop_padding} and {self.resized_crop.min_area:g}",
        )

    def flips(self, by_default: bool) -> bool:
        """Return whether images are flipped, where those of the data set are `by_default`."""
        return self.horizontal_flip == "on" or (self.horizontal_flip == "default" and by_default)

    @property
    def parts(self) -> tuple[AugmentPart, ...]:
        """What is on besides flip and padded crop, in the order in which it acts."""
        whole = (self.resized_crop, self.jitter, self.policy, self.erasing, self.mix)
        return tuple(part for part in whole if part.active)

    def refusal(self, image_shape: tuple[int, int, int]) -> str:
        """Return why images (channels, height, width) cannot be changed so, or nothing."""
        reasons = (part.refusal(image_shape) for part in self.parts)
        return next((reason for reason in reasons if reason), "")

    def build(
        self, image_shape: tuple[int, int, int], num_classes: int, seed: int
    ) -> Augmenter | None:
        """Return what acts besides flip and padded crop; None where nothing does.

        Args:
            image_shape: (channels, height, width).
            num_classes: K.
            seed: The trial's.

        Raises:
            ValueError: Such images cannot be changed so.
        """
        if not self.parts:
            return None
        if reason := self.refusal(image_shape):
            raise ValueError(reason)
        from incay.trainables.augment.modules.base import Augmenter

        return Augmenter(self.parts, image_shape, num_classes, seed)


def why_alone(augment: AugmentSettings) -> str:
    """Return why a trial that augments so must train alone, or nothing if it need not."""
    if augment.mix.active:
        return f"augment.mix: {augment.mix.name} gives each image more than one label"
    return ""
