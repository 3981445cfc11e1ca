"""The commands that read out results: table, figure, report, compare and verify."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from study.cluster import commands as cluster_commands
from study.cluster.commands import Address, Cluster
from study.commands.shared import Results, Seeds, Set, StudyArgument, open_store, which_run

Format = Annotated[
    str, typer.Option("--format", help="terminal, markdown, latex, csv, json or html.")
]
Output = Annotated[Path | None, typer.Option(help="Write to a file.")]
AllowUnequal = Annotated[
    bool, typer.Option("--allow-unequal", help="Show arms whose budgets differ, marked so.")
]


def table(
    study: StudyArgument,
    results: Results = "results",
    set_: Set = None,
    seeds: Seeds = None,
    format_: Format = "terminal",
    output: Output = None,
    name: Annotated[str | None, typer.Option(help="A table definition; default: its own.")] = None,
    allow_unequal: AllowUnequal = False,
    cluster: Cluster = None,
    address: Address = None,
) -> None:
    """Print a study's table beside the published numbers.

    With --output, a manifest beside the file names the trials behind every cell.
    """
    if cluster is not None or address is not None:
        asked = ["--format", format_, *cluster_commands.overrides(set_, seeds)]
        _write(
            cluster_commands.remote("table", study, asked, cluster=cluster, address=address), output
        )
        return
    import analysis

    store = open_store(results)
    loaded = analysis.load(store, *which_run(study, set_, seeds, store))
    built = analysis.table(loaded, name, allow_unequal=allow_unequal)
    _write(analysis.render(built, format_), output)
    if output is not None:
        analysis.write_manifest(built, output)


def figure(
    study: StudyArgument,
    name: Annotated[str, typer.Argument(help="A figure, such as feature-scatter.")],
    output: Annotated[Path, typer.Option(help="A .pdf, .svg or .png; .csv for its data.")],
    results: Results = "results",
    set_: Set = None,
    seeds: Seeds = None,
) -> None:
    """Draw a figure of a study, or export its data."""
    import analysis

    store = open_store(results)
    loaded = analysis.load(store, *which_run(study, set_, seeds, store))
    output.parent.mkdir(parents=True, exist_ok=True)
    analysis.figure(loaded, name).save(output)


def report(
    study: StudyArgument,
    output: Output = None,
    results: Results = "results",
    set_: Set = None,
    seeds: Seeds = None,
    allow_unequal: AllowUnequal = False,
) -> None:
    """Write one self-contained HTML page: question, arms, table, figures, every trial."""
    import analysis

    store = open_store(results)
    loaded = analysis.load(store, *which_run(study, set_, seeds, store))
    page = analysis.report(loaded, allow_unequal=allow_unequal)
    path = output if output is not None else Path(f"{loaded.name}.html")
    _write(page, path)
    sys.stdout.write(f"{path}\n")


def compare(
    first: StudyArgument,
    second: Annotated[str, typer.Argument(help="Another study.")],
    results: Results = "results",
    format_: Format = "terminal",
    output: Output = None,
) -> None:
    """Set two studies side by side, arm by arm."""
    import analysis

    store = open_store(results)
    one, other = (
        analysis.load(store, *which_run(name, None, None, store)) for name in (first, second)
    )
    _write(analysis.render(analysis.compare(one, other), format_), output)


def verify(
    table_file: Annotated[Path, typer.Argument(help="A table that --output wrote.")],
    results: Results = "results",
) -> None:
    """Build an exported table again and name the cells that no longer match; exit code 1 then."""
    import analysis

    mismatches = analysis.verify(table_file, open_store(results))
    for mismatch in mismatches:
        sys.stdout.write(f"{mismatch}\n")
    if mismatches:
        raise typer.Exit(1)
    sys.stdout.write("every cell matches\n")


COMMANDS = (table, figure, report, compare, verify)


def _write(text: str, output: Path | None) -> None:
    text = text if text.endswith("\n") else text + "\n"
    if output is None:
        sys.stdout.write(text)
        return
    output.parent.mkdir(parents=True, exist_ok=True)
    output.write_text(text, encoding="utf-8")
