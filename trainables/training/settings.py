"""Settings of the split."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from incay.trainables.settings import Settings, require


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
