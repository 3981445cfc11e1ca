"""``incay doctor``: what will not work, before it costs an evening."""

from __future__ import annotations

import json
from pathlib import Path

from rich.console import Console

from incay.study.cluster.checks.file import file_problems
from incay.study.cluster.checks.health import health_problems, health_table
from incay.study.cluster.checks.problem import Problem, problem_table
from incay.study.cluster.connection import connect
from incay.study.cluster.file import load_cluster_file
from incay.study.cluster.health import Health, examine
from incay.study.cluster.jobs import ask
from incay.study.cluster.package import packaged
from incay.study.cluster.unreachable import UnreachableError
from incay.study.errors import UserError


def diagnose(cluster: Path | None, address: str | None, console: Console) -> bool:
    """Examine a cluster file and its nodes, or this machine; return whether all is well.

    Args:
        cluster: A cluster file; its nodes are examined if the cluster runs.
        address: A running cluster's dashboard.
        console: Where the tables go.
    """
    problems: list[Problem] = []
    nodes: list[Health] = []
    if cluster is not None:
        problems = file_problems(load_cluster_file(cluster))
        console.print(f"{cluster}: {_count(problems)}", highlight=False, markup=False)
    if cluster is None and address is None:
        nodes = [examine()]
    elif address is not None or not problems:
        try:
            nodes = examine_cluster(cluster, address)
        except UserError as error:
            if cluster is None or address is not None:
                raise
            if isinstance(error, UnreachableError) and error.is_down:
                console.print(
                    f"no running cluster was examined: {error}", highlight=False, markup=False
                )
            elif isinstance(error, UnreachableError):
                problems.append(Problem(error.where, error.what, error.remedy))
            else:
                remedy = f"look at its jobs: `incay ui --cluster {cluster}`"
                problems.append(Problem(str(cluster), str(error), remedy))
    if nodes:
        console.print(health_table(nodes))
        problems += health_problems(nodes)
    if problems:
        console.print()
        console.print(problem_table(problems))
    return not problems


def examine_cluster(cluster: Path | None, address: str | None) -> list[Health]:
    """Return the health of every node of a running cluster.

    Raises:
        UserError: The cluster cannot be reached.
    """
    where = None if address is not None else cluster
    with connect(where, address) as client, packaged(None) as folder:
        # Results are what is examined: their absence must not end the examination.
        answer, _ = ask(client, folder, ["doctor", "--results", ""])
    return [Health(**values) for values in json.loads(answer)]


def _count(problems: list[Problem]) -> str:
    if not problems:
        return "no problem found in the file"
    return "1 problem" if len(problems) == 1 else f"{len(problems)} problems"
