"""Trials trained in the test's own process, to their end or over an interruption."""

from __future__ import annotations

import io

import torch
from torch import Tensor

from incay.trainables.config import TrialConfig
from incay.trainables.data.base import ImageData
from incay.trainables.training.trainer import Trainer

CPU = torch.device("cpu")


def trained(config: TrialConfig, data: ImageData) -> Trainer:
    """Train a trial to its end."""
    return _to_the_end(Trainer(config, data, CPU))


def gone_on(first: Trainer, data: ImageData) -> Trainer:
    """Train to its end, in a new trainer, what another has begun, as from a file."""
    buffer = io.BytesIO()
    torch.save(first.state_dict(), buffer)
    buffer.seek(0)
    second = Trainer(first.config, data, CPU)
    second.load_state_dict(torch.load(buffer, weights_only=True))
    return _to_the_end(second)


def module_states(trainer: Trainer) -> dict[str, Tensor]:
    """Return parameters and buffers by name."""
    modules: dict[str, Tensor] = trainer.state_dict()["modules"]
    return modules


def _to_the_end(trainer: Trainer) -> Trainer:
    while not trainer.finished:
        trainer.advance()
    return trainer
