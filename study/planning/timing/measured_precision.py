"""Measures training steps in float32 and in bfloat16, on images that are made up."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import Literal

import numpy as np
import torch

from incay.study.planning.timing.speeds import Kind, Speeds
from incay.trainables.config import TrialConfig
from incay.trainables.data.base import ImageData, Split
from incay.trainables.training.opened import OpenTrainer
from incay.trainables.training.prepared import prepare
from incay.trainables.training.trainer import DivergedError
from incay.trainables.worker.memory import memory_kept

_MOST_TURNS = 40
_ENOUGH_SECONDS = 2.0
"""After which no other turn begins: of steps that take many seconds there is one in each."""


def measured(kind: Kind, num_classes: int) -> Speeds | None:
    """Return the seconds of a step in both precisions, measured in turns, a step each.

    Args:
        kind: The steps.
        num_classes: K.

    Returns:
        None where such steps cannot be taken: what is wrong, a check or a trial says.
    """
    before = torch.get_num_threads()
    torch.set_num_threads(kind.threads)
    try:
        trainers = {each: _trainer(kind, num_classes, each) for each in ("fp32", "bf16")}
        seconds: dict[str, list[float]] = {name: [] for name in trainers}
        until = time.perf_counter() + _ENOUGH_SECONDS
        with memory_kept():  # as workers do
            for _ in range(_MOST_TURNS):
                for name, trainer in trainers.items():
                    metrics = trainer.advance()
                    seconds[name].append(kind.batch_size / metrics["images_per_second"])
                if time.perf_counter() > until:
                    break
    except (DivergedError, ValueError, RuntimeError):
        return None
    finally:
        torch.set_num_threads(before)
    # The shortest: what else the machine does can only add, and so does the first, which warms up.
    return Speeds(**{name: min(turns) for name, turns in seconds.items()})


def _trainer(kind: Kind, num_classes: int, precision: Literal["fp32", "bf16"]) -> OpenTrainer:
    draw = np.random.default_rng(0)
    images = draw.integers(0, 256, (kind.batch_size, *kind.image_shape), dtype=np.uint8)
    labels = np.arange(kind.batch_size) % num_classes
    data = ImageData(
        train=Split(images, labels),
        test=Split(images[:1], labels[:1]),
        class_names=tuple(map(str, range(num_classes))),
    )
    config = replace(
        TrialConfig(steps=_MOST_TURNS, reports=_MOST_TURNS),
        network=kind.network,
        batch_size=kind.batch_size,
        precision=precision,
    )
    device = torch.device("cpu")
    return OpenTrainer(config, prepare(config, data, device), device)
