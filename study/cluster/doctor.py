"""What is wrong with a running cluster's nodes, or with this machine."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path

from incay.study.cluster.checks.health import health_problems
from incay.study.cluster.checks.problem import Problem
from incay.study.cluster.connection import connect
from incay.study.cluster.health import Health, examine
from incay.study.cluster.jobs import ask
from incay.study.cluster.package import packaged
from incay.study.cluster.unreachable import UnreachableError
from incay.study.errors import UserError
from incay.study.spec.hints import command


@dataclass
class Diagnosis:
    """What was found.

    Attributes:
        nodes: The health of every node.
        problems: What will not work, and what to do about it.
        not_up: Why no node was examined, where the cluster may merely not be up yet.
    """

    nodes: list[Health] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    not_up: str = ""


def diagnose(cluster: Path | None, address: str | None) -> Diagnosis:
    """Examine a cluster's nodes, or this machine if no cluster is named.

    Args:
        cluster: A cluster file; that its cluster is not up is no problem.
        address: A running cluster's dashboard.

    Raises:
        UserError: There is no such address, or nothing answers there.
    """
    if cluster is None and address is None:
        nodes = [examine()]
        return Diagnosis(nodes, health_problems(nodes))
    try:
        nodes = examine_cluster(cluster, address)
    except UserError as error:
        if cluster is None or address is not None:
            raise
        if isinstance(error, UnreachableError) and error.is_down:
            return Diagnosis(not_up=str(error))
        if isinstance(error, UnreachableError):
            return Diagnosis(problems=[Problem(error.where, error.what, error.remedy)])
        remedy = f"look at its jobs: `{command('ui', cluster=cluster)}`"
        return Diagnosis(problems=[Problem(str(cluster), str(error), remedy)])
    return Diagnosis(nodes, health_problems(nodes))


def examine_cluster(cluster: Path | None, address: str | None) -> list[Health]:
    """Return the health of every node of a running cluster.

    Raises:
        UserError: The cluster cannot be reached.
    """
    where = None if address is not None else cluster
    with connect(where, address) as client, packaged(None) as folder:
        # Results are what is examined: their absence must not end the examination.
        answer = ask(client, folder, ["doctor", "--results", ""])
    return [Health(**values) for values in json.loads(answer.output)]
