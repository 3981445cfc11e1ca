"""Numbers of the command line, refused in our words: what must hold and what came."""

from __future__ import annotations

import math
import re
from collections.abc import Callable

import typer

from incay.trainables.outgoing import shown


def whole_number(least: int, most: int | None = None) -> Callable[[str | int], int]:
    """Return what reads a whole number from `least` to `most`."""
    what = f"a whole number from {least}" + ("" if most is None else f" to {most}")

    def read(text: str | int) -> int:
        # Python itself takes digits of all scripts, and turns thousands of them slowly.
        value = int(text) if re.fullmatch(r"[+-]?[0-9]{1,18}", str(text)) else None
        if value is None or value < least or (most is not None and value > most):
            raise _refused(what, text)
        return value

    return read


def number(least: int) -> Callable[[str | float], float]:
    """Return what reads a finite number from `least`."""

    def read(text: str | float) -> float:
        try:
            value = float(text)
        except ValueError:
            value = math.nan
        if not math.isfinite(value) or value < least:
            raise _refused(f"a number from {least}", text)
        return value

    return read


def _refused(what: str, text: str | float) -> typer.BadParameter:
    return typer.BadParameter(f"it must be {what}, but got {shown(str(text)[:80])!r}")
