"""The shapes of what a store keeps besides results: trained networks, a user's own code.

As in `incay.trainables.store.shapes`, the order of fields is that of the JSON.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


class Choice(StrEnum):
    """Why a trained network is kept rather than others."""

    VALIDATION = "validation error"
    SEED = "order of seeds"
    EARLIER = "test error, by an earlier version"


@dataclass(frozen=True, kw_only=True)
class KeptModel:
    """A trial whose trained network stays in the store.

    Attributes:
        arm: Name of its arm.
        number: The replicate.
        chosen_by: Why it is kept.
        validation_error: Of the trial, else of its arm's winner in the search; None without one.
    """

    arm: str = ""
    number: int = 0
    chosen_by: Choice
    validation_error: float | None = None


@dataclass(frozen=True, kw_only=True)
class OwnModule:
    """A module of a user's own code.

    Attributes:
        text: What is in it.
        is_package: Whether it is a package's ``__init__``.
    """

    text: str
    is_package: bool = False


@dataclass(frozen=True, kw_only=True)
class OwnModules:
    """A user's own code.

    Attributes:
        entries: The modules that a study names.
        modules: All of them, by name.
    """

    entries: tuple[str, ...] = ()
    modules: Mapping[str, OwnModule]
