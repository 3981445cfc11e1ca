"""``incay methods``: every loss, incay form, network, data set and measure."""

from __future__ import annotations

import sys
from typing import Annotated, Literal

import typer

from incay.study.commands.shared.arguments import use_named_code
from incay.study.commands.shared.console import console
from incay.study.commands.shared.options import Uses


def methods(
    format_: Annotated[
        Literal["terminal", "markdown"], typer.Option("--format", help="How to write the list.")
    ] = "terminal",
    uses: Uses = None,
) -> None:
    """List losses, incay forms, networks, data sets and measures: equation, settings, source."""
    from rich.table import Table

    from incay.study.planning.methods import columns, methods, methods_markdown

    use_named_code(uses)
    if format_ == "markdown":
        sys.stdout.write(methods_markdown())
        return
    screen = console()
    for kind, listed in methods().items():
        table = Table(title=kind, title_justify="left")
        shown = columns(listed)
        for heading in shown:
            table.add_column(heading, overflow="fold")
        for row in zip(*shown.values(), strict=True):
            table.add_row(*row)
            table.add_section()
        screen.print(table)
