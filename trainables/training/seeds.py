"""Generators of random numbers, each seeded from what it draws.

Every random draw of a trial has its own generator, seeded from (trial seed, purpose, index).
There is no generator state to save: a resumed run draws what the uninterrupted one would.
"""

from __future__ import annotations

import torch

from incay.trainables.seeds import derive_seed


def generator(device: torch.device, *parts: int | str) -> torch.Generator:
    """Return a generator on `device`, seeded from the parts."""
    return torch.Generator(device=device).manual_seed(derive_seed(*parts))
