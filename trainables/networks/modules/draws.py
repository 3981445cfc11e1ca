"""Layers that draw in training, such as dropout, with random numbers that a resumed trial repeats.

They draw from PyTorch's global generator, which a trial neither seeds nor keeps. Here each step has
a seed of its own, made of the seed that the weights were drawn with and the number of the step.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import Tensor, nn
from torchvision.ops import StochasticDepth

from incay.trainables.seeds import derive_seed


def draws_at_random(module: nn.Module) -> bool:
    """Return whether layers of a module draw random numbers in training."""
    dropout = nn.modules.dropout._DropoutNd
    return any(
        (isinstance(each, dropout | StochasticDepth) and each.p > 0)
        or (isinstance(each, nn.MultiheadAttention) and each.dropout > 0)
        for each in module.modules()
    )


class Draws(nn.Module):
    """Counts the steps of training and seeds the generator in each; its state is both numbers."""

    def __init__(self) -> None:
        super().__init__()
        # Below 2**63, as the state holds it; a trial's own seeds are.
        self._seed, self._count = torch.initial_seed() % 2**63, 0

    @contextmanager
    def step(self, device: torch.device) -> Iterator[None]:
        """Seed what is drawn inside of the block; in evaluation, where nothing is, do nothing."""
        if not self.training:
            yield
            return
        devices = [device] if device.type == "cuda" else []
        with torch.random.fork_rng(devices=devices):
            torch.manual_seed(derive_seed(self._seed, "draws", self._count))
            self._count += 1
            yield

    def get_extra_state(self) -> Tensor:
        """Return seed and count, on the CPU: to read them must not wait for a device."""
        return torch.tensor([self._seed, self._count], device="cpu")

    def set_extra_state(self, state: Tensor) -> None:
        """Go on from a saved state."""
        self._seed, self._count = (int(each) for each in state.tolist())
