"""Mixing pairs of images and their labels: mixup and cutmix."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from incay.trainables.augment.base import AugmentPart
from incay.trainables.settings import require

if TYPE_CHECKING:
    from incay.trainables.augment.modules.mix import Mix


@dataclass(frozen=True, kw_only=True)
class MixSettings(AugmentPart):
    """Each image of a batch mixed with another one of it, in shares λ and 1 − λ; so its label.

    Attributes:
        name: ``mixup``: λ·x_i + (1 − λ)·x_j (Zhang et al., ICLR 2018, section 2); ``cutmix``: a
            rectangle of x_j in x_i, of a share 1 − λ of the area (Yun et al., ICCV 2019,
            section 3.1); ``none``.
        alpha: λ ~ Beta(α, α), once a batch, as the authors' code draws it. 1 in both papers for
            CIFAR-10; mixup's for ImageNet is 0.2.
    """

    name: Literal["none", "mixup", "cutmix"] = "none"
    alpha: float = 1.0

    part = "mix"

    def __post_init__(self) -> None:
        fits = self.name in ("none", "mixup", "cutmix")
        require(fits, "name in {none, mixup, cutmix}", self.name)
        # Below, numbers that are drawn are 0 or 1 and nothing between.
        require(0.01 <= self.alpha <= 100.0, "0.01 <= alpha <= 100", self.alpha)

    @property
    def active(self) -> bool:
        """Whether it changes anything."""
        return self.name != "none"

    def build(self, image_shape: tuple[int, int, int]) -> Mix:
        """Return what does it."""
        from incay.trainables.augment.modules.mix import Mix

        return Mix(self, image_shape)
