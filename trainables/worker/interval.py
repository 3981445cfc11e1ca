"""How far apart a trial's checkpoints are: the environment says it, as machines differ."""

from __future__ import annotations

import math
import os

from incay.trainables.errors import UserError, shown

CHECKPOINTS = "INCAY_CHECKPOINT_SECONDS"
_DEFAULT = 30.0


def checkpoint_seconds() -> float:
    """Return how far apart checkpoints are at least: the most work that a crash can cost.

    Raises:
        UserError: The environment says another thing than seconds from 0.
    """
    text = os.environ.get(CHECKPOINTS)
    if text is None:
        return _DEFAULT
    try:
        seconds = float(text)
    except ValueError:
        seconds = math.nan
    if not seconds >= 0.0:
        raise UserError(f"{CHECKPOINTS} must be seconds from 0, but is {shown(text)}")
    return seconds
