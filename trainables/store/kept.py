"""What a store keeps besides results: the shapes of trained networks and code, and code's files.

    code/VERSION.json       the modules of a version of the training code, each with its hash
    code/own/DIGEST.json    a user's own code, as it was: `OwnModules`

As in `incay.trainables.store.shapes`, the order of fields is that of the JSON.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from incay.trainables.store.files import Files
from incay.trainables.store.reading.damage import RecordError
from incay.trainables.store.reading.door import shaped


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


def code_modules(files: Files, version: str) -> dict[str, str] | None:
    """Return the modules of a version of the training code, each with its hash, if known."""
    if not version.isalnum():  # a record may have been made up, and it is a part of a path
        return None
    path = f"code/{version}.json"
    try:
        values = files.read_json(path)
        return None if values is None else shaped(dict[str, str], values, files.where(path))
    except RecordError:
        return None  # it explains; nothing hangs on it


def keep_code_modules(files: Files, version: str, modules: Mapping[str, str]) -> None:
    """Remember what a version of the training code stands for, unless that is known."""
    if code_modules(files, version) is None:
        files.write_json(f"code/{version}.json", modules)


def own_modules(files: Files, digest: str) -> OwnModules | None:
    """Return a user's own code as it was kept, if it was and is whole."""
    path = f"code/own/{digest}.json"
    try:
        values = files.read_json(path)
        return None if values is None else shaped(OwnModules, values, files.where(path))
    except RecordError:
        return None  # it explains; nothing hangs on it


def keep_own_modules(files: Files, digest: str, modules: Mapping[str, Any]) -> None:
    """Remember a user's own code, unless it is known."""
    if own_modules(files, digest) is None:
        files.write_json(f"code/own/{digest}.json", modules)
