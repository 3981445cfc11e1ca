"""``incay verify``: whether an exported table, or a study's records, are what was trained."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from incay.study.commands.shared import completion
from incay.study.commands.shared.arguments import use_named_code
from incay.study.commands.shared.numbers import whole_number
from incay.study.commands.shared.options import DataRoot, Results, Uses
from incay.study.errors import UserError
from incay.trainables.outgoing import shown
from incay.trainables.store.opening import open_store

Verified = Annotated[
    str,
    typer.Argument(
        metavar="TABLE|STUDY",
        help="A table that --output wrote; with --retrain or --trial a study.",
        autocompletion=completion.studies,
    ),
]
Retrain = Annotated[
    int | None,
    typer.Option(
        "--retrain",
        parser=whole_number(1),
        metavar="N",
        help="Train N finished trials of the study again and compare them with their records.",
    ),
]
Named = Annotated[
    list[str] | None,
    typer.Option(
        "--trial",
        metavar="FINGERPRINT",
        help="Train this trial of the study again; may be repeated.",
    ),
]
Draw = Annotated[
    str | None,
    typer.Option(
        "--draw", metavar="SEED", help="Draws the trials of --retrain; default: one that is new."
    ),
]


def verify(
    what: Verified,
    retrain: Retrain = None,
    trial: Named = None,
    draw: Draw = None,
    results: Results = "results",
    data_root: DataRoot = None,
    uses: Uses = None,
) -> None:
    """Build an exported table, or train some trials, again and name what differs; exit code 1."""
    if trial and retrain is not None:
        raise UserError("--trial names trials and --retrain N draws them: one of the two must go")
    if draw is not None and retrain is None:
        raise UserError("--draw draws trials to train again, so it needs --retrain N")
    if trial or retrain is not None:
        from incay.study.commands.results.retraining import retrain_trials

        use_named_code(uses)
        retrain_trials(what, retrain, draw, results, data_root, uses or (), named=trial or ())
        return
    if Path(what).suffix in (".yaml", ".yml") or not Path(what).suffix:
        raise UserError(
            "verify takes a table that --output wrote, or a study with --retrain N, but got "
            f"{what!r}"
        )
    _verify_table(Path(what), results)


def _verify_table(table_file: Path, results: str) -> None:
    from incay import analysis
    from incay.analysis.exports.manifests import run_of
    from incay.study.execution.books.altered_book import altered_book
    from incay.study.search.witness import strange_point_of_run
    from incay.trainables.store.books import Books

    store = open_store(results)
    mismatches = [str(each) for each in analysis.verify(table_file, store)]
    run = run_of(table_file)
    strange = (altered_book(Books(store, *run)), strange_point_of_run(store, *run))
    mismatches += filter(None, strange)
    for mismatch in mismatches:
        sys.stdout.write(f"{shown(mismatch)}\n")
    if mismatches:
        raise typer.Exit(1)
    sys.stdout.write("every cell matches\n")
