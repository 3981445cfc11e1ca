"""Which names a new component or study may have."""

from __future__ import annotations

import re
from pathlib import Path

from incay.study.errors import UserError
from incay.study.spec.catalog import built_in_studies
from incay.study.spec.reading.texts import is_device
from incay.trainables.errors import shown
from incay.trainables.uses.gather import is_taken
from incay.trainables.uses.loading import REGISTRIES

_MODULE = re.compile(r"[a-z][a-z0-9_]{0,79}")
_STUDY = re.compile(r"[a-z0-9][a-z0-9-]{0,79}")


def check_component_name(kind: str, name: str, folder: Path) -> None:
    """Refuse a name that a component and its file cannot have.

    Args:
        kind: What registries call it.
        name: The name.
        folder: Where its file is to lie.

    Raises:
        UserError: It is no name of a module, or stands for something else.
    """
    # No \\w: a file's name must be the same on every system that it travels to.
    if not _MODULE.fullmatch(name):
        raise UserError(
            "NAME must be 1 to 80 lower-case letters, digits and _, the first of them a letter, "
            f"but is {shown(name)}"
        )
    _refuse_device(name)
    if name in REGISTRIES[kind]:
        article = "an" if kind[0] in "aeiou" else "a"
        raise UserError(f"NAME must be new, but there is {article} {kind} {name!r}")
    if is_taken(name, folder):
        raise UserError(
            f"NAME must be a name that no Python module or word has, but is {name!r}: the file "
            f"{name}.py could not be imported"
        )


def check_study_name(name: str) -> None:
    """Refuse a name that a study cannot have.

    Raises:
        UserError: It is none, or a built-in study's.
    """
    if not _STUDY.fullmatch(name):
        raise UserError(
            "NAME must be 1 to 80 lower-case letters, digits and hyphens, the first of them no "
            f"hyphen, but is {shown(name)}"
        )
    _refuse_device(name)
    if name in [path.stem for path in built_in_studies()]:
        raise UserError(f"NAME must be new, but there is a built-in study {name!r}")


def _refuse_device(name: str) -> None:
    if is_device(name):
        raise UserError(
            f"NAME must be no device of Windows, where no file can have its name, but is {name!r}"
        )
