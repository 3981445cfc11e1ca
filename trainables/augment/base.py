"""The contract of what changes training images: settings that say whether they act, and build.

What a part computes is `incay.trainables.augment.modules.base`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from incay.trainables.settings import Component, Settings

if TYPE_CHECKING:
    from incay.trainables.augment.modules.base import Augmentation


@dataclass(frozen=True, kw_only=True)
class AugmentPart(Settings):
    """Settings of one kind of change. With its defaults a part is off, and draws nothing."""

    part: ClassVar[str]
    """Its setting below ``augment``; also names what it draws, so that no part moves another's."""

    @property
    def active(self) -> bool:
        """Whether it changes anything."""
        raise NotImplementedError

    def refusal(self, image_shape: tuple[int, int, int]) -> str:
        """Return why images (channels, height, width) cannot be changed so, or nothing."""
        del image_shape
        return ""

    def build(self, image_shape: tuple[int, int, int]) -> Any:
        """Return what does it, for images (channels, height, width)."""
        raise NotImplementedError


@dataclass(frozen=True, kw_only=True)
class PolicySettings(Component, AugmentPart):
    """Settings of a policy, which changes uint8 images; `build` makes what does it."""

    part = "policy"

    @property
    def active(self) -> bool:
        """Whether it changes anything."""
        return True

    def build(self, image_shape: tuple[int, int, int]) -> Augmentation:
        """Return the policy for images (channels, height, width)."""
        raise NotImplementedError


def one_or_three(what: str, image_shape: tuple[int, int, int]) -> str:
    """Return why images have the wrong number of channels for `what`, or nothing."""
    if image_shape[0] in (1, 3):
        return ""
    return f"{what} takes images of 1 or 3 channels, but these have {image_shape[0]}"
