"""``incay trace``: from a printed number to the trials behind it."""

from __future__ import annotations

from typing import Annotated

import typer

from incay.study.commands.shared import completion
from incay.study.commands.shared.console import console
from incay.study.commands.shared.options import Results
from incay.trainables.store.opening import open_store

What = Annotated[
    str,
    typer.Argument(
        metavar="KEY|FILE",
        help="The key of a number or of a table; a table that --output wrote, or a PDF of it.",
        autocompletion=completion.exported,
    ),
]
Cell = Annotated[
    str | None,
    typer.Option(
        "--cell",
        metavar="ROW/COLUMN",
        help="Which number of the table, such as 'RN + Softmax/error'.",
    ),
]


def trace(what: What, cell: Cell = None, results: Results = "results") -> None:
    """Show a number's formula, its trials, and how to train each of them again."""
    from incay.analysis.tracing.places import Place
    from incay.analysis.tracing.trace import find, tables_in, trace_in
    from incay.study.commands.results.tracing import draw_cells, draw_trace

    store = open_store(results)
    found = find(store, what)
    screen = console()
    if cell is None and not isinstance(found, Place):
        for table in tables_in(found):
            draw_cells(screen, table)
        return
    draw_trace(screen, trace_in(store, found, cell), store)
