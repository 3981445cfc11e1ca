"""The images of the trial before, split and on the device: most next trials ask for the same."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch

from incay.trainables.config import TrialConfig
from incay.trainables.data.base import ImageData
from incay.trainables.training.prepared import PreparedData, prepare

Prepare = Callable[[TrialConfig, ImageData, torch.device], PreparedData]
"""Splits a trial's data set and brings it to a device; see `prepare`."""


class PreparedOnce:
    """`prepare`, which remembers its last answer and gives it again to trials that ask for it."""

    def __init__(self) -> None:
        self._data: ImageData | None = None
        self._asked: tuple[Any, ...] = ()
        self._prepared: PreparedData | None = None

    def __call__(self, config: TrialConfig, data: ImageData, device: torch.device) -> PreparedData:
        """Return a data set as a trial asks for it."""
        asked = (config.split, config.preprocess, bool(config.incay.background), device)
        if self._prepared is None or self._data is not data or self._asked != asked:
            self._prepared = None  # memory need not hold both
            self._prepared = prepare(config, data, device)
            self._data, self._asked = data, asked
        return self._prepared
