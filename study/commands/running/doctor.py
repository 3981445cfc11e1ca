"""``incay doctor``: what will not work, before it costs an evening."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

import typer

from incay.study.commands.shared.console import console
from incay.study.commands.shared.options import Address, Cluster

if TYPE_CHECKING:
    from rich.table import Table

    from incay.study.cluster.checks.problem import Problem

_NODES = ("node", "GPUs", "driver", "versions", "disk free", "data", "results", "MLflow")
_PROBLEMS = ("where", "problem", "remedy")


def doctor(cluster: Cluster = None, address: Address = None) -> None:
    """Check a cluster file and its nodes, or this machine; exit code 1 with the remedies."""
    from incay.study.cluster.checks.file import file_problems
    from incay.study.cluster.checks.health import health_row
    from incay.study.cluster.doctor import diagnose
    from incay.study.cluster.file import load_cluster_file

    screen = console(width=160)
    problems: list[Problem] = []
    if cluster is not None:
        problems = file_problems(load_cluster_file(cluster))
        screen.print(f"{cluster}: {_count(problems)}")
    # What is wrong with the file stands in the way of its cluster, but not of an address.
    if address is not None or not problems:
        found = diagnose(cluster, address)
        problems += found.problems
        if found.not_up:
            screen.print(f"no running cluster was examined: {found.not_up}")
        if found.nodes:
            screen.print(_drawn(_NODES, map(health_row, found.nodes)))
    if problems:
        screen.print()
        rows = [(each.where, each.what, each.remedy) for each in problems]
        screen.print(_drawn(_PROBLEMS, rows))
        raise typer.Exit(1)


def _drawn(headings: Sequence[str], rows: Iterable[Sequence[str]]) -> Table:
    from rich.table import Table

    table = Table(box=None, pad_edge=False)
    for heading in headings:
        table.add_column(heading, overflow="fold")
    for row in rows:
        table.add_row(*row)
    return table


def _count(problems: Sequence[Problem]) -> str:
    if not problems:
        return "no problem found in the file"
    return "1 problem" if len(problems) == 1 else f"{len(problems)} problems"
