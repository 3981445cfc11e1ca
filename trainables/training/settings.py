"""Settings of augmentation and split."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from incay.trainables.settings import Settings, require


@dataclass(frozen=True, kw_only=True)
class AugmentSettings(Settings):
    """Random changes of the training images, made on the device.

    Attributes:
        horizontal_flip: ``default`` follows the data set: the papers flip all sets, which
            harms digits, so it is off for those; ``on`` restores the papers' wording.
        crop_padding: Zero pixels around the image before a random crop of the original size;
            4 for the L-Softmax authors' CIFAR-10+, 0 is off.
    """

    horizontal_flip: Literal["default", "on", "off"] = "default"
    crop_padding: int = 0

    def __post_init__(self) -> None:
        fits = self.horizontal_flip in ("default", "on", "off")
        require(fits, "horizontal_flip in {default, on, off}", self.horizontal_flip)
        require(0 <= self.crop_padding <= 16, "0 <= crop_padding <= 16", self.crop_padding)


@dataclass(frozen=True, kw_only=True)
class SplitSettings(Settings):
    """Which images train, validate and test.

    Attributes:
        validation: Share of the training set held out for validation, stratified by class;
            0 trains on all of it.
        seed: Draws the held-out images; arms of a study share it.
        test: ``sealed``: the test split is never evaluated; ``final``: once, after the last
            step; ``reports``: at every report, as the papers' curves need.
    """

    validation: float = 0.0
    seed: int = 0
    test: Literal["sealed", "final", "reports"] = "sealed"

    def __post_init__(self) -> None:
        require(0.0 <= self.validation <= 0.5, "0 <= validation <= 0.5", self.validation)
        require(self.seed >= 0, "seed >= 0", self.seed)
        require(
            self.test in ("sealed", "final", "reports"),
            "test in {sealed, final, reports}",
            self.test,
        )
