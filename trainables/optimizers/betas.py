"""The range of running means, which several optimisers have."""

from __future__ import annotations

from incay.trainables.settings import require


def require_betas(beta1: float, beta2: float) -> None:
    """Raise a `ValueError` unless both are shares below 1."""
    require(0.0 <= beta1 < 1.0, "0 <= beta1 < 1", beta1)
    require(0.0 <= beta2 < 1.0, "0 <= beta2 < 1", beta2)
