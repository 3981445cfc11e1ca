"""Trials of an arm hold the parts of their configuration that are the same once, not each.

A configuration is some twenty objects, of which a search changes one or two: a study of a hundred
thousand trials would hold millions.
"""

from __future__ import annotations

from dataclasses import fields, is_dataclass

from incay.trainables.config import TrialConfig


def share_parts(config: TrialConfig, like: TrialConfig) -> TrialConfig:
    """Return a configuration with the other's parts in the place of its own where they are equal.

    Args:
        config: It. Nobody else may have it yet, as its parts are put in place.
        like: Another, of the same arm.
    """
    for field in fields(config):
        ours, others = getattr(config, field.name), getattr(like, field.name)
        # Also by what is written: 1 and 1.0 are equal, and another setting.
        if ours is others or not is_dataclass(ours) or ours != others:
            continue
        if repr(ours) == repr(others):
            object.__setattr__(config, field.name, others)
    return config
