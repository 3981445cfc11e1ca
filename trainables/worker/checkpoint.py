"""What a checkpoint must be before a trial goes on from it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import torch

from incay.trainables.store.naming import fingerprint_of
from incay.trainables.store.shapes import Progress


def require_own(state: Any, reached: Progress, fingerprint: str) -> None:
    """Refuse a checkpoint that is another trial's, or of numbers that no trial goes on from.

    Args:
        state: The trainer's state.
        reached: What the trial had reached.
        fingerprint: Whose checkpoint it must be.

    Raises:
        ValueError: It says what is wrong.
    """
    made = fingerprint_of(reached.config, reached.data_hash, reached.code_version)
    if made != fingerprint:
        raise ValueError(f"the checkpoint must be of trial {fingerprint}, but is of {made}")
    if state["step"] != reached.step:
        raise ValueError(
            f"the checkpoint must be of one step, but is of {state['step']} and {reached.step}"
        )
    if not all(bool(torch.isfinite(each).all()) for each in _tensors(state)):
        raise ValueError("the checkpoint must hold finite numbers, but does not")


def _tensors(value: Any) -> Iterator[torch.Tensor]:
    if isinstance(value, torch.Tensor):
        if value.is_floating_point():
            yield value
    elif isinstance(value, Mapping):
        for each in value.values():
            yield from _tensors(each)
    elif isinstance(value, list | tuple):
        for each in value:
            yield from _tensors(each)
