"""Random numbers that a component draws from a global state, such as dropout's.

What this package trains draws from generators of its own. A network that somebody else has written
may not: so the global states are seeded before every batch, by the trial's seed and the step. A
trial that goes on from a checkpoint then draws what the uninterrupted one would, and two trials
that share a worker do not know of each other.
"""

from __future__ import annotations

import random

import numpy as np
import torch

from incay.trainables.seeds import derive_seed


def seed_global_states(seed: int, step: int) -> None:
    """Seed Python's, NumPy's and PyTorch's global states.

    Args:
        seed: The trial's.
        step: Optimiser steps done.
    """
    drawn = derive_seed(seed, "draws", step)
    torch.manual_seed(drawn)
    random.seed(drawn)
    np.random.seed(drawn % 2**32)
