"""``incay table``: a study's numbers beside the published ones."""

from __future__ import annotations

from typing import Annotated

import typer

from incay.study.commands.shared.groups import RunChoice
from incay.study.commands.shared.head import Head
from incay.study.commands.shared.options import AllowUnequal, Format, TableOutput
from incay.study.commands.shared.writing import chosen_format, write_table


def table(
    chosen: RunChoice,
    head: Head,
    format_: Format = None,
    output: TableOutput = None,
    name: Annotated[str | None, typer.Option(help="A table definition; default: its own.")] = None,
    columns: Annotated[
        str | None,
        typer.Option(
            metavar="NAME,NAME", help="Measures in place of a definition, such as error,ece,nc1."
        ),
    ] = None,
    allow_unequal: AllowUnequal = False,
) -> None:
    """Print a study's table beside the published numbers.

    With --output, a manifest beside the file names the trials behind every cell.
    """
    chosen_format(format_, output)  # a wrong suffix is refused before a cluster is asked
    if head.answers(output):
        return
    from incay import analysis

    named = [each.strip() for each in (columns or "").split(",") if each.strip()]
    shown = analysis.table(chosen.load(), name, allow_unequal=allow_unequal, columns=named)
    write_table(shown, format_, output)
