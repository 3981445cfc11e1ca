"""`incay why`: why a trial has a result already, or must be trained."""

from __future__ import annotations

from typing import Annotated

import typer

from incay.study.commands.shared import Results, console, open_store

Fingerprint = Annotated[
    str, typer.Argument(help="A trial's fingerprint, or enough of its first digits.")
]


def why(fingerprint: Fingerprint, results: Results = "results") -> None:
    """Explain why a trial has a result already (hit) or must be trained (miss)."""
    from incay.study.planning.explain import explain

    found = explain(open_store(results), fingerprint)
    out = console()
    out.print(f"{found.fingerprint}: {'hit' if found.hit else 'miss'}", highlight=False)
    for line in found.lines:
        out.print(line, highlight=False, soft_wrap=True, markup=False)
    for study, run, arm, phase, number in found.used:
        out.print(
            f"asked for by {study} {run}: {arm}, {phase} {number}", highlight=False, markup=False
        )
