"""What a trial measures beyond what every trial does."""

from __future__ import annotations

from dataclasses import dataclass

from incay.trainables.settings import Settings, require


@dataclass(frozen=True, kw_only=True)
class MeasureSettings(Settings):
    """Measures that cost more, and are taken where they are asked for.

    Attributes:
        train: Whether the training images are measured too, without augmentation: neural
            collapse is defined on them. It takes one pass more over them.
        reports: Whether all measures are computed at each report, for curves of them; else only
            those of the validation split that need no class means.
        ood: Sets of images out of distribution: names of data sets, with their default settings,
            or ``shuffled``, the evaluated images with their pixels in another order.
    """

    train: bool = False
    reports: bool = False
    ood: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        require(len(set(self.ood)) == len(self.ood), "ood distinct", self.ood)

    @property
    def sets(self) -> tuple[str, ...]:
        """The data sets among `ood`."""
        return tuple(name for name in self.ood if name != SHUFFLED)


SHUFFLED = "shuffled"
"""A set of images out of distribution that needs no other data."""
