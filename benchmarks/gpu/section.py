"""What a section of `benchmarks.gpu` is given, and how it tells its figures."""

from __future__ import annotations

import json
import sys
import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch

from incay.trainables.augment.settings import AugmentSettings
from incay.trainables.config import TrialConfig
from incay.trainables.data.base import ImageData, Split
from incay.trainables.data.cifar10 import CIFAR10Settings
from incay.trainables.incay.settings import IncaySettings
from incay.trainables.networks.cifar10 import CIFAR10NetworkSettings
from incay.trainables.optimizers.sgd import SGDSettings

RESERVE = 10.0
"""Seconds of a section that nothing is begun in."""


@dataclass
class Section:
    """What a section is given.

    Attributes:
        name: Its own.
        device: Where.
        until: When its time ends, by `time.monotonic`.
        figures: The file that figures are added to.
        tiny: Whether to run through with sizes that measure nothing.
        data_root: Of CIFAR-10, if it is there.
    """

    name: str
    device: torch.device
    until: float
    figures: Path
    tiny: bool
    data_root: Path | None

    @property
    def left(self) -> float:
        """Seconds until nothing more should be begun."""
        return self.until - RESERVE - time.monotonic()

    def tell(self, figure: str, value: str, goal: str = "", note: str = "") -> None:
        """Print a figure and keep it for the table."""
        row = {"section": self.name, "figure": figure, "value": value, "goal": goal, "note": note}
        with self.figures.open("a", encoding="utf-8") as file:
            file.write(json.dumps(row) + "\n")
        print("  ".join(text for text in (figure, value, goal and f"(goal {goal})", note) if text))
        sys.stdout.flush()

    def data(self) -> tuple[ImageData, str]:
        """Return CIFAR-10 and "", or random images of its shape and a note that says so."""
        if self.data_root is not None and not self.tiny:
            return CIFAR10Settings().load(self.data_root), ""
        draw = np.random.default_rng(0)
        counts = (512, 256) if self.tiny else (50_000, 10_000)
        train, test = (
            Split(
                draw.integers(0, 256, (count, 3, 32, 32), np.uint8),
                draw.integers(0, 10, count),
            )
            for count in counts
        )
        return ImageData(train, test, CIFAR10Settings.class_names), "synthetic images"

    def trial(self, **changes: Any) -> TrialConfig:
        """Return a trial of the CIFAR-10 network, with everything switched on."""
        config = TrialConfig(
            dataset=CIFAR10Settings(),
            network=CIFAR10NetworkSettings(width=0.05 if self.tiny else 1.0),
            incay=IncaySettings(form="reciprocal", weight=0.1, threshold="1+sqrt2 x mean"),
            augment=AugmentSettings(crop_padding=4),
            # Not the papers' 0.1: whatever is measured, no loss diverges.
            optimizer=SGDSettings(lr=0.001),
            batch_size=32 if self.tiny else 128,
            precision="bf16",
        )
        return replace(config, **changes)
