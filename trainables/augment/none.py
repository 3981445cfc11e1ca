"""No policy."""

from __future__ import annotations

from dataclasses import dataclass

from incay.trainables.augment import register_augmentation
from incay.trainables.augment.base import PolicySettings


@register_augmentation("none")
@dataclass(frozen=True, kw_only=True)
class NoPolicySettings(PolicySettings):
    """Images stay as they are."""

    @property
    def active(self) -> bool:
        """No."""
        return False
