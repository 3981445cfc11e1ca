"""Seeds derived by hash from what they are for, never from time or order of execution.

Every random draw of a trial has its own generator, seeded from (trial seed, purpose, index).
There is no generator state to save: a resumed run draws what the uninterrupted one would.
"""

from __future__ import annotations

import hashlib

import torch


def derive_seed(*parts: int | str) -> int:
    """Return a seed in [0, 2**63) that depends on all parts and on nothing else."""
    text = "\x1f".join(str(part) for part in parts)
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big") >> 1


def generator(device: torch.device, *parts: int | str) -> torch.Generator:
    """Return a generator on `device`, seeded from the parts."""
    return torch.Generator(device=device).manual_seed(derive_seed(*parts))
