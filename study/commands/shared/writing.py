"""Where results are written: the terminal, or a file of a format that its suffix says."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from incay.study.errors import UserError
from incay.trainables.errors import system_said
from incay.trainables.outgoing import shown

if TYPE_CHECKING:
    from incay.analysis.output.table import Table


def chosen_format(format_: str | None, output: Path | None) -> str:
    """Return the format that is asked for, by name or by the file's suffix.

    Raises:
        UserError: The suffix is none that says a format.
    """
    from incay.analysis.output.renderers.base import format_of

    if format_ is not None:
        return format_
    return "terminal" if output is None else format_of(output)


def write_table(table: Table, format_: str | None, output: Path | None) -> None:
    """Print a table, or write it and its manifest to a file."""
    from incay import analysis

    chosen = chosen_format(format_, output)
    if output is None:
        sys.stdout.write(analysis.render(table, chosen))
        return
    with writing(output):
        analysis.export(table, output, chosen)


@contextmanager
def writing(path: Path) -> Iterator[None]:
    """Make a file's folders and name it once written; say it plainly where it cannot be.

    Raises:
        UserError: It cannot.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        yield
    except OSError as error:
        raise UserError(
            f"{path} must be a file that can be written, but: {system_said(error)}"
        ) from error
    name = str(path).replace("\n", r"\n")  # one line for one file
    sys.stdout.write(f"{shown(name)}\n")
