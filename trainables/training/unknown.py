"""Batches of unknown samples, which run beside a trial's own."""

from __future__ import annotations

from typing import TYPE_CHECKING

from torch import Tensor

from incay.trainables.seeds import derive_seed
from incay.trainables.training.batches import TrainingBatches

if TYPE_CHECKING:
    from incay.trainables.config import TrialConfig
    from incay.trainables.training.prepared import PreparedData


class UnknownBatches:
    """Images of a trial's background, changed and normalised as its own are.

    Else the network could tell them apart by that.

    Args:
        config: The trial.
        data: Its data set, with a background.
    """

    def __init__(self, config: TrialConfig, data: PreparedData) -> None:
        assert data.background is not None
        self._start_step = config.incay.start_step
        self._batches = TrainingBatches(
            data.background,
            data.normalize,
            config.augment,
            flip=config.augment.flips(config.dataset.horizontal_flip),
            batch_size=config.batch_size,
            seed=derive_seed(config.seed, "background"),
            num_classes=data.num_classes,
        )

    def __call__(self, step: int) -> Tensor | None:
        """Return the images of a step; None before the term starts, as in the plain trial.

        Args:
            step: Optimiser steps done before this one.
        """
        return None if step < self._start_step else self._batches(step)[0]
