"""What properties are tried on: sizes that Hypothesis draws, and tensors of a seed."""

from __future__ import annotations

import math

import torch
from hypothesis import settings
from hypothesis import strategies as st
from torch import Tensor

often = settings(max_examples=40, derandomize=True, deadline=None)
seeds = st.integers(0, 2**31)
dimensions = st.integers(1, 8)
class_counts = st.integers(2, 12)
growths = st.floats(0.01, 3.0)
angles = st.floats(0.05, math.pi)


def draw(seed: int, *shape: int) -> Tensor:
    """Return standard normal numbers."""
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)
