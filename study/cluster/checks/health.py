"""What is wrong with the nodes of a cluster, and what to do about it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from incay.study.cluster.checks.problem import Problem
from incay.study.cluster.health import Health

_LEAST_DISK = 10 * 2**30
_LEAST_DRIVER = {"12": 525, "13": 580}
"""The oldest driver branch that runs each CUDA release train."""


class HealthRow(NamedTuple):
    """A node's health in words, one text for each column of a table."""

    node: str
    gpus: str
    driver: str
    versions: str
    disk_free: str
    data: str
    results: str
    mlflow: str


def health_problems(nodes: Sequence[Health]) -> list[Problem]:
    """Return what is wrong, node by node, compared with the first."""
    problems = []
    for node in nodes:
        where = f"{node.role} {node.node}"
        found = [*_gpu(node), *_places(node), *_reach(node), *_versions(node, nodes[0])]
        found += [(what, remedy) for what, remedy in node.exposed]
        problems += [Problem(where, what, remedy) for what, remedy in found]
    return problems


def health_row(node: Health) -> HealthRow:
    """Return a node's health in words."""
    gpus = ", ".join(node.gpus) or "none"
    offered = "" if node.offered_gpus is None else f" ({node.offered_gpus:g} offered)"
    return HealthRow(
        f"{node.role}\n{node.node}",
        f"{gpus}{offered if node.gpus else ''}",
        node.driver or "none",
        "\n".join(f"{name} {version}" for name, version in node.versions.items()),
        f"{node.disk_free / 2**30:.0f} GiB",
        _said(node.data, node.data_there),
        _said(node.store, not node.store_error and node.store_seen is not False),
        _said(node.mlflow, not node.mlflow_error),
    )


def _said(where: str, works: bool) -> str:
    if not where:
        return "not set"
    return f"{'ok' if works else 'FAILS'}: {where}"


def _gpu(node: Health) -> Iterator[tuple[str, str]]:
    if node.gpus and node.usable_gpus < len(node.gpus):
        least = _LEAST_DRIVER.get(node.cuda.partition(".")[0])
        what = (
            f"PyTorch must use {len(node.gpus)} GPUs, but can use {node.usable_gpus} "
            f"(driver {node.driver}, CUDA {node.cuda or 'none: a CPU build'})"
        )
        if least is not None and node.driver.partition(".")[0].isdigit():
            old = int(node.driver.partition(".")[0]) < least
            remedy = f"use an image with driver {least} or newer" if old else "reboot the node"
        else:
            remedy = "install the CUDA build of torch, from the package index's default"
        yield what, remedy
    if node.offered_gpus is not None and node.role == "worker":
        if node.offered_gpus < len(node.gpus):
            what = f"Ray must offer {len(node.gpus)} GPUs, but offers {node.offered_gpus:g}"
            yield what, "start Ray anew there with `ray up`"
        if node.offered_gpus > len(node.gpus):
            what = f"Ray offers {node.offered_gpus:g} GPUs, but the driver lists {len(node.gpus)}"
            yield what, "install NVIDIA's driver, or choose an image that has it"


def _places(node: Health) -> Iterator[tuple[str, str]]:
    if node.disk_free and node.disk_free < _LEAST_DISK:
        what = f"10 GiB must be free, but {node.disk_free / 2**30:.1f} are"
        yield what, "remove old files in /tmp/ray, or give the node a larger disk"
    if node.data and not node.data_there:
        what = f"the data root {node.data} must be a directory, but is none"
        yield what, "put the data sets there, or set INCAY_DATA to where they are"


def _reach(node: Health) -> Iterator[tuple[str, str]]:
    if node.store_error:
        what = f"results must be written to {node.store or 'the store'}, but: {node.store_error}"
        yield what, "check the URI, the network and the node's rights to it"
    elif node.store_seen is False:
        what = f"{node.store} must be the same place on every node, but this node sees another"
        yield what, "use a shared directory or an s3:// URI for INCAY_RESULTS"
    if node.role == "head" and not node.store:
        yield "INCAY_RESULTS must be set, but is not", "set it in the cluster file's environment"
    if node.mlflow_error:
        what = f"MLflow must answer at {node.mlflow}, but: {node.mlflow_error}"
        yield what, "on the head: systemctl status incay-mlflow"


def _versions(node: Health, first: Health) -> Iterator[tuple[str, str]]:
    for package, version in first.versions.items():
        other = node.versions.get(package)
        if node.versions and other != version:
            what = f"{package} must be {version} as on {first.node}, but is {other or 'missing'}"
            yield what, "run `ray up` again: it installs the pinned versions"
    for package in ("ray", "torch", "mlflow", "pyarrow"):
        if first is node and node.versions and package not in node.versions:
            yield (
                f"{package} must be installed, but is not",
                "install the project with pip",
            )
