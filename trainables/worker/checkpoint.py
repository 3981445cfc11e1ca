"""What a checkpoint must be before a trial goes on from it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import torch

from incay.trainables.store.naming import fingerprint_of
from incay.trainables.store.shapes import Progress


def require_own(state: Mapping[str, Any], reached: Progress, fingerprint: str) -> None:
    """Refuse a checkpoint that is another trial's.

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


def require_finite(parameters: Iterable[torch.Tensor]) -> None:
    """Refuse weights that no trial goes on from: one whose weights leave the numbers has ended.

    Raises:
        ValueError: Some are NaN or infinite.
    """
    if not all(bool(torch.isfinite(each).all()) for each in parameters):
        raise ValueError("the checkpoint must hold finite weights, but does not")
