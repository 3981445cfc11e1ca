"""``incay data``: what data sets there are, whether they are whole, and how to get them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from incay.study.commands.shared import completion
from incay.study.commands.shared.arguments import component
from incay.study.commands.shared.console import console
from incay.study.commands.shared.options import DataRoot, Set
from incay.study.errors import UserError
from incay.trainables.errors import system_said

if TYPE_CHECKING:
    from incay.trainables.data import DataError, DatasetSettings
    from incay.trainables.data.status import DatasetContent

app = typer.Typer(help="List, fetch and verify data sets.", rich_markup_mode=None)

Name = Annotated[str, typer.Argument(help="A data set.", autocompletion=completion.datasets)]
_SHOWN_HASH = 16
_MOST_LINES = 1_000


@app.callback(invoke_without_command=True)
def data(context: typer.Context, data_root: DataRoot = None) -> None:
    """List, fetch and verify data sets; without a command, list them."""
    if context.invoked_subcommand is None:
        list_(data_root)
    elif data_root is not None:
        # `incay data --data-root DIR verify`: the command gets what stands before it.
        context.default_map = {context.invoked_subcommand: {"data_root": data_root}}


@app.command("list")
def list_(data_root: DataRoot = None) -> None:
    """Show which data sets are there, and how to obtain the others."""
    from rich.table import Table

    from incay.trainables.data import datasets
    from incay.trainables.data.status import all_statuses

    table = Table(title=f"data sets in {data_root}" if data_root else "data sets, no data root")
    table.add_column("data set", no_wrap=True)
    table.add_column("there", no_wrap=True)
    table.add_column("as published", no_wrap=True)
    table.add_column("how to obtain it by hand (DIR is the data root), and where it is from")
    for each in all_statuses(data_root):
        there = f"yes, {each.content_hash[:_SHOWN_HASH]}" if each.content_hash else "no"
        there = "damaged" if each.damaged else there
        counts = datasets[each.name].published_counts
        published = f"{counts[0]:,} + {counts[1]:,}" if counts else ""
        table.add_row(each.name, there, published, f"{each.how_to_obtain}\n{each.citation}")
        table.add_section()
    screen = console()
    screen.print(table)
    screen.print(
        "`incay data fetch NAME` downloads a set where a network and a mirror exist; "
        "`incay data verify` reads every image of those that are there.",
    )


@app.command()
def verify(
    name: Annotated[
        str | None,
        typer.Argument(
            help="A data set; without it, all found.", autocompletion=completion.datasets
        ),
    ] = None,
    data_root: DataRoot = None,
    set_: Set = None,
) -> None:
    """Read data sets from end to end: counts, classes, shape, content hash, all that is damaged."""
    from incay.study.spec.hints import command
    from incay.trainables.data import DataError
    from incay.trainables.data.status import all_statuses, verify

    if name is not None:
        dataset = component("dataset", name, set_ or (), data_root)
        _show_unread(dataset, data_root)
        try:
            _show(name, verify(dataset, data_root))
        except DataError as error:
            raise UserError(_everything(error)) from error
        return
    if set_:
        raise UserError("--set must come with the NAME of the data set that it changes")
    damaged = []
    for each in all_statuses(data_root):
        if not each.found and not each.damaged:
            verifying = command("data", "verify", each.name, data_root=data_root)
            why = f"`{verifying}` says what is missing"
            console().print(f"{each.name}: not there ({why})")
            continue
        dataset = component("dataset", each.name)
        _show_unread(dataset, data_root)
        try:
            _show(each.name, verify(dataset, data_root))
        except DataError as error:
            damaged.append(_everything(error))
    if damaged:
        raise UserError("\nincay: ".join(damaged))


@app.command()
def fetch(name: Name, data_root: DataRoot = None, set_: Set = None) -> None:
    """Download a data set into the data root, and verify it."""
    from incay.trainables.data.status import status, verify

    dataset: DatasetSettings = component("dataset", name, set_ or (), data_root)
    if not status(dataset, data_root).found:
        if data_root is None:
            raise UserError("--data-root DIR (or INCAY_DATA) must say where to put the data set")
        _make_folder(data_root)
        dataset.fetch(data_root)
    _show(name, verify(dataset, data_root))


def _everything(error: DataError) -> str:
    """Return all that is wrong with a set, where more than one thing is; of very much the first."""
    from incay.trainables.data.images.damage import DamageError

    if not isinstance(error, DamageError) or len(error.problems) == 1:
        return str(error)
    lines = "\n".join(f"  {problem.text}" for problem in error.problems[:_MOST_LINES])
    more = len(error.problems) - _MOST_LINES
    lines += f"\n  and {more:,} more" if more > 0 else ""
    skips = all(problem.skippable for problem in error.problems)
    remedy = "; `on_damaged: skip` leaves them out and counts them" if skips else ""
    return f"{len(error.problems):,} things are damaged or odd{remedy}:\n{lines}"


def _make_folder(data_root: Path) -> None:
    try:
        data_root.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UserError(
            f"the data root must be a directory to write to, but: {system_said(error)}"
        ) from error


def _show_unread(dataset: DatasetSettings, data_root: Path | None) -> None:
    """Print what lies in a set's folder and is not read, be the set whole or damaged."""
    from incay.trainables.data.inspection.beside import all_unread

    screen = console()
    for line in all_unread(dataset, data_root):
        screen.print(f"{dataset.name}: note: {line}", soft_wrap=True)


def _show(name: str, content: DatasetContent) -> None:
    shape = "×".join(str(side) for side in content.image_shape)
    screen = console()
    state = f"whole but for {content.skipped:,} skipped" if content.skipped else "whole"
    screen.print(
        f"{name}: {state}; {content.train_count:,} training and {content.test_count:,} test images "
        f"of {shape}, {content.num_classes:,} class{'' if content.num_classes == 1 else 'es'}, "
        f"content {content.content_hash}",
        soft_wrap=True,
    )
    for warning in (*content.warnings, *content.notes):
        screen.print(f"{name}: note: {warning}", soft_wrap=True)
