"""`incay why`: why a trial has a result already, or must be trained."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from incay.study.commands.shared.arguments import use_named_code
from incay.study.commands.shared.console import console
from incay.study.commands.shared.options import Results, UserCode, Uses
from incay.trainables.store.opening import open_store

Fingerprint = Annotated[
    str, typer.Argument(help="A trial's fingerprint, or enough of its first digits.")
]


def why(
    fingerprint: Fingerprint,
    results: Results = "results",
    uses: Uses = None,
    user_code: UserCode = True,
    code: Annotated[
        Path | None,
        typer.Option("--code", help="Write the code of your own that trained it to a new folder."),
    ] = None,
) -> None:
    """Explain why a trial has a result already (hit) or must be trained (miss)."""
    from incay.study.execution.leases.arm_drivers import told_of_arms
    from incay.study.planning.explaining.explain import explain
    from incay.study.planning.explaining.own_changes import write_code

    store = open_store(results)
    use_named_code(uses, allowed=user_code)
    found = explain(store, fingerprint)
    screen = console()
    if code is not None:
        for path in write_code(store, store.read_record(found.fingerprint), code):
            screen.print(str(path), soft_wrap=True)
        return
    screen.print(f"{found.fingerprint}: {'hit' if found.hit else 'miss'}")
    for line in found.lines:
        screen.print(line, soft_wrap=True)
    for each in found.used:
        books, row = each.books, each.row
        screen.print(f"asked for by {books.name} {books.run}: {row.title}")
        told = told_of_arms(store, books.name, books.run).get(row.arm, "")
        if told and row.phase == "search":
            screen.print(f"  of {row.arm}: {told}", soft_wrap=True)
