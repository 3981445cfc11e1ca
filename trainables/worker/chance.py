"""Random numbers that a component draws from a global state, such as dropout's.

What this package trains draws from generators of its own. A network that somebody else has written
may not: so the global states are seeded before each of its batches, by the trial's seed and the
step. A trial that goes on from a checkpoint then draws what the uninterrupted one would, and two
trials that share a worker do not know of each other.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import torch
from torch import nn

from incay.trainables.seeds import derive_seed

_DROPOUT = nn.modules.dropout._DropoutNd
_STOCHASTIC_DEPTH = "StochasticDepth"
"""torchvision's, by its name: to import torchvision costs each worker two seconds."""


def draws_at_random(module: nn.Module) -> bool:
    """Return whether layers of a module draw random numbers in training."""
    return any(_share_dropped(each) > 0 for each in module.modules())


def _share_dropped(module: nn.Module) -> float:
    if isinstance(module, nn.MultiheadAttention):
        return float(module.dropout)
    drops = isinstance(module, _DROPOUT) or _drops_layers(module)
    return float(getattr(module, "p", 0.0)) if drops else 0.0


def _drops_layers(module: nn.Module) -> bool:
    return any(each.__name__ == _STOCHASTIC_DEPTH for each in type(module).__mro__)


def seed_global_states(seed: int, step: int) -> None:
    """Seed Python's, NumPy's and PyTorch's global states; it takes a tenth of a millisecond.

    Args:
        seed: The trial's.
        step: Optimiser steps done.
    """
    drawn = derive_seed(seed, "draws", step)
    torch.manual_seed(drawn)
    random.seed(drawn)
    np.random.seed(drawn % 2**32)


@contextmanager
def global_states_kept() -> Iterator[None]:
    """Leave the global states as they were before the block: the process may be a notebook's."""
    python, numpy = random.getstate(), np.random.get_state()
    try:
        with torch.random.fork_rng():
            yield
    finally:
        random.setstate(python)
        np.random.set_state(numpy)
