"""RandAugment."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from incay.trainables.augment import register_augmentation
from incay.trainables.augment.base import PolicySettings, one_or_three
from incay.trainables.settings import require

if TYPE_CHECKING:
    from incay.trainables.augment.modules.base import Augmentation


@register_augmentation("rand_augment")
@dataclass(frozen=True, kw_only=True)
class RandAugmentSettings(PolicySettings):
    """`num_ops` operations, drawn for each image, all of one magnitude (Cubuk et al. 2020).

    Attributes:
        num_ops: N.
        magnitude: M, a whole number of 0 to 30.
    """

    num_ops: int = 2
    magnitude: int = 9

    citation = "Cubuk et al., RandAugment, NeurIPS 2020, section 3; ranges as in torchvision"
    search_space = {"num_ops": "[1, 2, 3]", "magnitude": "2 .. 20"}

    def __post_init__(self) -> None:
        require(1 <= self.num_ops <= 14, "1 <= num_ops <= 14", self.num_ops)
        require(0 <= self.magnitude <= 30, "0 <= magnitude <= 30", self.magnitude)

    def refusal(self, image_shape: tuple[int, int, int]) -> str:
        """Return why images cannot be changed so, or nothing."""
        return one_or_three("rand_augment", image_shape)

    def build(self, image_shape: tuple[int, int, int]) -> Augmentation:
        """Return the policy."""
        from incay.trainables.augment.modules.rand_augment import RandAugment

        return RandAugment(self, image_shape)
