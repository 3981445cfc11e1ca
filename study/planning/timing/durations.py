"""Durations in words: of time, and of training."""

from __future__ import annotations


def duration(seconds: float) -> str:
    """Return a duration as a person would say it."""
    if seconds < 90:
        return f"{seconds:.0f} s"
    if seconds < 5400:
        return f"{seconds / 60:.0f} min"
    return f"{seconds / 3600:.1f} h"


def epochs_text(epochs: float) -> str:
    """Return a number of epochs to three digits."""
    return f"{epochs:,.0f}" if epochs >= 100 else f"{epochs:.3g}"
