"""`incay why`: why a trial has a result already, or must be trained."""

from __future__ import annotations

from typing import Annotated

import typer

from incay.study.commands.arguments import open_store
from incay.study.commands.console import console
from incay.study.commands.options import Results

Fingerprint = Annotated[
    str, typer.Argument(help="A trial's fingerprint, or enough of its first digits.")
]


def why(fingerprint: Fingerprint, results: Results = "results") -> None:
    """Explain why a trial has a result already (hit) or must be trained (miss)."""
    from incay.study.planning.explain import explain

    found = explain(open_store(results), fingerprint)
    screen = console()
    screen.print(f"{found.fingerprint}: {'hit' if found.hit else 'miss'}")
    for line in found.lines:
        screen.print(line, soft_wrap=True)
    for each in found.used:
        books, row = each.books, each.row
        screen.print(f"asked for by {books.name} {books.run}: {row.arm}, {row.phase} {row.number}")
