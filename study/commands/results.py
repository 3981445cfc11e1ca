"""The commands that read out results: table, figure, report, compare and verify."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from incay.study.cluster import commands as cluster_commands
from incay.study.cluster.commands import Address, Cluster
from incay.study.commands import completion
from incay.study.commands.shared import Results, Seeds, Set, StudyArgument, open_store, which_run
from incay.study.errors import UserError
from incay.study.spec.catalog import study_name

if TYPE_CHECKING:
    from incay.analysis.output.table import Table

Format = Annotated[
    str | None,
    typer.Option(
        "--format",
        help="terminal, markdown, latex, csv, json or html; default: what the file's suffix says.",
        autocompletion=completion.formats,
    ),
]
TableOutput = Annotated[
    Path | None, typer.Option("--output", help="A .md, .tex, .csv, .json, .html or .txt file.")
]
AllowUnequal = Annotated[
    bool, typer.Option("--allow-unequal", help="Show arms whose budgets differ, marked so.")
]


def table(
    study: StudyArgument,
    results: Results = "results",
    set_: Set = None,
    seeds: Seeds = None,
    format_: Format = None,
    output: TableOutput = None,
    name: Annotated[str | None, typer.Option(help="A table definition; default: its own.")] = None,
    allow_unequal: AllowUnequal = False,
    cluster: Cluster = None,
    address: Address = None,
) -> None:
    """Print a study's table beside the published numbers.

    With --output, a manifest beside the file names the trials behind every cell.
    """
    if cluster is not None or address is not None:
        options = ["--format", _format(format_, output), *cluster_commands.overrides(set_, seeds)]
        options += [] if name is None else ["--name", name]
        options += ["--allow-unequal"] if allow_unequal else []
        _ask("table", study, options, cluster, address, output)
        return
    from incay import analysis

    store = open_store(results)
    loaded = analysis.load(store, *which_run(study, set_, seeds, store))
    _show(analysis.table(loaded, name, allow_unequal=allow_unequal), format_, output)


def figure(
    study: StudyArgument,
    name: Annotated[
        str,
        typer.Argument(
            help="A figure, such as feature-scatter.", autocompletion=completion.figures
        ),
    ],
    output: Annotated[Path, typer.Option(help="A .pdf, .svg or .png; .csv for its data.")],
    results: Results = "results",
    set_: Set = None,
    seeds: Seeds = None,
    cluster: Cluster = None,
    address: Address = None,
) -> None:
    """Draw a figure of a study, or export its data."""
    if cluster is not None or address is not None:
        options = [name, *cluster_commands.overrides(set_, seeds)]
        _ask("figure", study, options, cluster, address, output)
        return
    from incay import analysis

    store = open_store(results)
    loaded = analysis.load(store, *which_run(study, set_, seeds, store))
    drawn = analysis.figure(loaded, name)
    with _writing(output):
        drawn.save(output)


def report(
    study: StudyArgument,
    output: Annotated[
        Path | None, typer.Option(help="Where to write; default: STUDY.html, here.")
    ] = None,
    results: Results = "results",
    set_: Set = None,
    seeds: Seeds = None,
    allow_unequal: AllowUnequal = False,
    cluster: Cluster = None,
    address: Address = None,
) -> None:
    """Write one self-contained HTML page: question, arms, table, figures, every trial."""
    if output is not None and output.suffix.lower() not in ("", ".html", ".htm"):
        raise UserError(f"--output must end in .html, but is {str(output)!r}: a report is a page")
    if cluster is not None or address is not None:
        path = output if output is not None else Path(f"{study_name(study)}.html")
        options = cluster_commands.overrides(set_, seeds)
        options += ["--allow-unequal"] if allow_unequal else []
        _ask("report", study, options, cluster, address, path)
        sys.stdout.write(f"{path}\n")
        return
    from incay import analysis

    store = open_store(results)
    loaded = analysis.load(store, *which_run(study, set_, seeds, store))
    page = analysis.report(loaded, allow_unequal=allow_unequal)
    path = output if output is not None else Path(f"{loaded.name}.html")
    with _writing(path):
        path.write_text(page, encoding="utf-8")
    sys.stdout.write(f"{path}\n")


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
    _show(analysis.compare(one, other), format_, output)


def verify(
    table_file: Annotated[Path, typer.Argument(help="A table that --output wrote.")],
    results: Results = "results",
) -> None:
    """Build an exported table again and name the cells that no longer match; exit code 1 then."""
    from incay import analysis

    mismatches = analysis.verify(table_file, open_store(results))
    for mismatch in mismatches:
        sys.stdout.write(f"{mismatch}\n")
    if mismatches:
        raise typer.Exit(1)
    sys.stdout.write("every cell matches\n")


COMMANDS = (table, figure, report, compare, verify)


def _ask(
    command: str,
    study: str,
    options: list[str],
    cluster: Path | None,
    address: str | None,
    output: Path | None,
) -> None:
    """Have a cluster's head do a command, whose output is written here."""
    from incay.study.cluster.submit import ask_about

    asked = None if output is None else output.name
    printed, files = ask_about(
        command, study, options, cluster=cluster, address=address, output=asked
    )
    if output is None:
        sys.stdout.write(printed)
        return
    with _writing(output):
        for name, content in files.items():
            output.with_name(Path(name).name).write_bytes(content)


def _show(table: Table, format_: str | None, output: Path | None) -> None:
    from incay import analysis

    chosen = _format(format_, output)
    if output is None:
        sys.stdout.write(analysis.render(table, chosen))
        return
    with _writing(output):
        analysis.export(table, output, chosen)


def _format(format_: str | None, output: Path | None) -> str:
    from incay.analysis.output.exports import format_of

    if format_ is not None:
        return format_
    return "terminal" if output is None else format_of(output)


@contextmanager
def _writing(path: Path) -> Iterator[None]:
    """Make a file's folders; say it plainly where it cannot be written."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        yield
    except OSError as error:
        raise UserError(f"{path} must be a file that can be written, but: {error}") from error
