"""``incay figure``: one figure of a study, or its data."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Annotated

import typer

from incay.study.commands.shared import completion
from incay.study.commands.shared.console import console, say
from incay.study.commands.shared.groups import RunChoice
from incay.study.commands.shared.head import Head
from incay.study.commands.shared.writing import writing
from incay.study.errors import UserError
from incay.study.spec.hints import command


def figure(
    chosen: RunChoice,
    head: Head,
    name: Annotated[
        str | None,
        typer.Argument(
            help="A figure, such as feature-scatter; without one all are listed.",
            autocompletion=completion.figures,
        ),
    ] = None,
    output: Annotated[
        Path | None, typer.Option(help="A .pdf, .svg or .png; .csv for its data.")
    ] = None,
) -> None:
    """Draw a figure of a study, or export its data; without a name, list the figures."""
    if name is None:
        _list()
        return
    if output is None:
        example = command(
            "figure",
            chosen.study,
            name,
            settings=chosen.set_ or (),
            seeds=chosen.seeds,
            results=chosen.results,
            output=f"{name}.pdf",
        )
        raise UserError(f"--output must say where to draw {name!r}, for example: {example}")
    if head.answers(output):
        return
    from incay import analysis

    drawn = analysis.figure(chosen.load(), name)
    with writing(output), warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always", UserWarning)
        drawn.save(output)
    for each in told:
        say(str(each.message))


def _list() -> None:
    from rich.table import Table

    from incay.analysis.figures.base import figures

    table = Table("figure", "what it shows", box=None)
    for name, definition in figures.items():
        table.add_row(name, definition.title)
    console().print(table)
