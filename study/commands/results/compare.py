"""``incay compare``: two studies, or two runs of one, arm by arm."""

from __future__ import annotations

from typing import Annotated

import typer

from incay.study.commands.shared import completion
from incay.study.commands.shared.arguments import which_run
from incay.study.commands.shared.options import Format, Results, StudyArgument, TableOutput
from incay.study.commands.shared.writing import write_table
from incay.trainables.store.opening import open_store


def compare(
    first: StudyArgument,
    second: Annotated[
        str, typer.Argument(help="Another study.", autocompletion=completion.studies)
    ],
    results: Results = "results",
    format_: Format = None,
    output: TableOutput = None,
) -> None:
    """Set two studies, or two runs of one (NAME@RUN), side by side, arm by arm."""
    from incay import analysis

    store = open_store(results)
    one, other = (
        analysis.load(store, *which_run(name, None, None, store)) for name in (first, second)
    )
    write_table(analysis.compare(one, other), format_, output)
