"""``incay figure``: one figure of a study, or its data."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from incay.study.commands import completion
from incay.study.commands.groups import RunChoice
from incay.study.commands.head import Head
from incay.study.commands.writing import writing


def figure(
    chosen: RunChoice,
    name: Annotated[
        str,
        typer.Argument(
            help="A figure, such as feature-scatter.", autocompletion=completion.figures
        ),
    ],
    output: Annotated[Path, typer.Option(help="A .pdf, .svg or .png; .csv for its data.")],
    head: Head,
) -> None:
    """Draw a figure of a study, or export its data."""
    if head.answers(output):
        return
    from incay import analysis

    drawn = analysis.figure(chosen.load(), name)
    with writing(output):
        drawn.save(output)
