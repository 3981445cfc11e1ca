"""Measures training steps in float32 and in bfloat16, on images that are made up."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import Literal

import numpy as np
import torch

from incay.study.planning.timing.speeds import Speeds
from incay.trainables.config import TrialConfig
from incay.trainables.data.base import ImageData, Split
from incay.trainables.training.prepared import prepare
from incay.trainables.training.trainer import DivergedError, Trainer

_FEWEST_TURNS, _MOST_TURNS = 3, 10
_ENOUGH_SECONDS = 2.0
_STEPS = 4
_CLASSES = 10


def measured(config: TrialConfig, threads: int) -> Speeds | None:
    """Return the seconds of a step of such trials in both precisions, measured in turns.

    Args:
        config: The trial. Its network must say for which images it was published.
        threads: CPU threads that it has.

    Returns:
        None where such a network cannot be tried on such images.
    """
    shape = getattr(config.network, "image_shape", None)
    if shape is None:
        return None
    before = torch.get_num_threads()
    torch.set_num_threads(threads)
    try:
        trainers = {each: _trainer(config, shape, each) for each in ("fp32", "bf16")}
        seconds: dict[str, list[float]] = {name: [] for name in trainers}
        begun = time.perf_counter()
        for turn in range(_MOST_TURNS):
            for name, trainer in trainers.items():
                started = time.perf_counter()
                trainer.advance()
                seconds[name].append((time.perf_counter() - started) / _STEPS)
            if turn + 1 >= _FEWEST_TURNS and time.perf_counter() - begun > _ENOUGH_SECONDS:
                break
    except (DivergedError, ValueError, RuntimeError):
        return None  # what is wrong with it, a check or its trial says
    finally:
        torch.set_num_threads(before)
    # The shortest: what else the machine does can only add.
    return Speeds(**{name: min(turns) for name, turns in seconds.items()})


def _trainer(
    config: TrialConfig, shape: tuple[int, int, int], precision: Literal["fp32", "bf16"]
) -> Trainer:
    draw = np.random.default_rng(0)
    count = max(config.batch_size, _CLASSES)
    images = draw.integers(0, 256, (count, *shape), dtype=np.uint8)
    labels = np.arange(count) % _CLASSES
    data = ImageData(
        train=Split(images, labels),
        test=Split(images[:_CLASSES], labels[:_CLASSES]),
        class_names=tuple(map(str, range(_CLASSES))),
    )
    tried = replace(
        TrialConfig(steps=_MOST_TURNS * _STEPS, reports=_MOST_TURNS),
        network=config.network,
        batch_size=config.batch_size,
        precision=precision,
    )
    device = torch.device("cpu")
    return Trainer(tried, prepare(tried, data, device), device)
