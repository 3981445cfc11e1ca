"""The user's own code that a study needs: which files, and whether the user lets it run."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import redirect_stdout
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any

from incay.study.errors import UserError, shown
from incay.study.spec.reading.document import Document
from incay.trainables.uses import Bundle, OwnCodeError, gather, install

GROUP = "incay.components"
"""Entry points by which installed distributions offer components: NAME = MODULE."""


def use_own_code(
    document: Document,
    named_here: Sequence[Path] = (),
    settings: Sequence[str] = (),
    *,
    allowed: bool = True,
    tell: Callable[[Bundle], None] = lambda _: None,
) -> Bundle:
    """Import the code that a study uses, so that its components are found by name like ours.

    Args:
        document: The study, before it is checked.
        named_here: Files and packages that the user has named on the command line.
        settings: ``PATH=VALUE`` texts, which may name an installed distribution's component.
        allowed: Whether the user lets it run.
        tell: Called with the code before any of it runs.

    Returns:
        The code; an empty bundle where the study needs none.

    Raises:
        UserError: The code cannot be used, or the user does not let it run.
    """
    for text in settings:  # what they change is read when the code is there
        if text.partition("=")[0].strip().partition(".")[0] == "uses":
            raise UserError(
                "--set uses: the code of a study must be named by its file or by --uses PATH, but "
                f"--set has {shown(text)}"
            )
    names = _named(document)
    offered = _offered(document, settings)
    if not (names or offered or named_here):
        install(Bundle())
        return Bundle()
    if not allowed:
        every = ", ".join([*names, *offered, *map(str, named_here)])
        raise UserError(
            f"{document.where(('uses',))}: the study must need no code but incay's own where "
            f"--no-user-code is given, but it uses {every}"
        )
    try:
        bundle = gather([*names, *offered], Path(document.source).parent, named_here)
        tell(bundle)
        # What it prints is not what the command answers.
        with redirect_stdout(sys.stderr):
            install(bundle)
    except OwnCodeError as error:
        if names and not named_here:
            raise UserError(f"{document.where(('uses',))}: uses: {error}") from error
        raise
    except OSError as error:  # such as a name that no file can have
        raise UserError(f"{document.where(('uses',))}: uses: {error}") from error
    return bundle


def _named(document: Document) -> list[str]:
    """Return what the study's key ``uses`` names; what is wrong with the key is refused later."""
    given = document.values.get("uses")
    names = [given] if isinstance(given, str) else given
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        return []
    for name in names:
        if not name.strip() or "\0" in name:
            raise document.error(("uses",), f"must name files or modules, but has {name!r}")
    return names


def _offered(document: Document, settings: Sequence[str]) -> list[str]:
    """Return the modules of installed distributions whose components the study names."""
    known = {each.name: each.module for each in entry_points(group=GROUP)}
    if not known:
        return []
    texts = {*_texts(document.values), *(text.partition("=")[2].strip() for text in settings)}
    return sorted({module for name, module in known.items() if name in texts})


def _texts(values: Any) -> Iterator[str]:
    if isinstance(values, str):
        yield values
    elif isinstance(values, dict):
        for value in values.values():
            yield from _texts(value)
    elif isinstance(values, list):
        for value in values:
            yield from _texts(value)
