"""TrivialAugment."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from incay.trainables.augment import register_augmentation
from incay.trainables.augment.base import PolicySettings, one_or_three

if TYPE_CHECKING:
    from incay.trainables.augment.modules.base import Augmentation


@register_augmentation("trivial_augment")
@dataclass(frozen=True, kw_only=True)
class TrivialAugmentSettings(PolicySettings):
    """One operation of one magnitude, both drawn for each image (Müller and Hutter 2021)."""

    citation = "Müller and Hutter, TrivialAugment, ICCV 2021, section 3; the space called wide"

    def refusal(self, image_shape: tuple[int, int, int]) -> str:
        """Return why images cannot be changed so, or nothing."""
        return one_or_three("trivial_augment", image_shape)

    def build(self, image_shape: tuple[int, int, int]) -> Augmentation:
        """Return the policy."""
        from incay.trainables.augment.modules.rand_augment import TrivialAugment

        return TrivialAugment(image_shape)
