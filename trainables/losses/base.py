"""The contract of a loss's settings; what it computes is `incay.trainables.losses.modules.base`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from incay.trainables.settings import Component

if TYPE_CHECKING:
    from incay.trainables.losses.modules.base import Loss


@dataclass(frozen=True, kw_only=True)
class LossSettings(Component):
    """Settings of a loss; `build` makes the module."""

    soft_labels: ClassVar[bool] = False
    """Whether the module also takes shares of classes (B, K) as labels, as mixed images have."""

    def require_sizes(self, num_features: int, num_classes: int) -> None:
        """Raise a `ValueError` if there can be no such loss for D features and K classes."""

    def build(self, num_features: int, num_classes: int) -> Loss:
        """Return a freshly initialised loss for D features and K classes."""
        raise NotImplementedError
