"""What the commands share: options, the console, and components given by name and ``--set``."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from study.errors import UserError

if TYPE_CHECKING:
    from rich.console import Console

DataRoot = Annotated[
    Path | None,
    typer.Option("--data-root", envvar="INCAY_DATA", help="Directory that holds the data sets."),
]
Set = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="PATH=VALUE", help="Change a setting; may be repeated."),
]


def console() -> Console:
    """Return where tables go."""
    from rich.console import Console

    # Where there is no terminal to ask for its width, tables get room to be read in a log.
    return Console(width=None if sys.stdout.isatty() else 120)


def component(kind: str, name: str, settings: Sequence[str] = ()) -> Any:
    """Return a component's checked settings.

    Args:
        kind: ``network``, ``loss`` or ``dataset``.
        name: The component's name.
        settings: ``KIND.SETTING=VALUE`` texts, as for a study.

    Raises:
        UserError: There is no such component, or a setting does not fit it.
    """
    from study.document import Document
    from study.overrides import apply_overrides
    from study.trial import ValueProblem, build_trial

    document = Document("NAME", {"base": {kind: {"name": name}}})
    for text in settings:
        if not text.startswith(f"{kind}."):
            raise UserError(f"--set {text}: the setting must be one of the {kind} ({kind}.…)")
    apply_overrides(document, settings)
    try:
        return getattr(build_trial(document.values["base"]), kind)
    except ValueProblem as problem:
        place = document.where(("base", *problem.path))
        raise UserError(f"{place}: {problem}") from problem
