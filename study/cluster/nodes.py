"""Examines every node of a running cluster, each by a task that runs there."""

from __future__ import annotations

import os
import uuid
from typing import Any

from incay.study.cluster.health import Health, examine, probe_path

_SETTINGS = ("INCAY_RESULTS", "INCAY_DATA", "MLFLOW_TRACKING_URI")
_SECONDS_PER_NODE = 120.0


def examine_nodes() -> list[dict[str, Any]]:
    """Return the health of every node, the head's first, as plain values.

    Must run on the head: its environment says where results, data and MLflow are.
    """
    import ray
    from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

    settings = {name: os.environ.get(name, "") for name in _SETTINGS}
    ray.init(log_to_driver=False, logging_level="ERROR")
    head = ray.get_runtime_context().get_node_id()
    probe = _leave_probe(settings["INCAY_RESULTS"])
    task = ray.remote(num_cpus=0)(_examine_node)
    alive = [node for node in ray.nodes() if node["Alive"]]
    nodes = sorted(alive, key=lambda node: node["NodeID"] != head)
    pending = [
        task.options(
            scheduling_strategy=NodeAffinitySchedulingStrategy(node["NodeID"], soft=False)
        ).remote(
            node["NodeManagerAddress"],
            "head" if node["NodeID"] == head else "worker",
            node["Resources"].get("GPU", 0.0),
            settings,
            probe,
        )
        for node in nodes
    ]
    found = []
    for node, future in zip(nodes, pending, strict=True):
        try:
            found.append(ray.get(future, timeout=_SECONDS_PER_NODE))
        except (ray.exceptions.RayError, TimeoutError) as error:
            lost = Health(node["NodeManagerAddress"], "worker")
            lost.store_error = f"the node does not answer: {type(error).__name__}"
            found.append(lost.to_dict())
    _remove_probe(settings["INCAY_RESULTS"], probe)
    return found


def _examine_node(
    node: str, role: str, gpus: float, settings: dict[str, str], probe: str
) -> dict[str, Any]:
    from incay.trainables.store.trials import Store

    health = examine(node, role, settings)
    health.offered_gpus = gpus
    if role != "head":
        # Data and MLflow are the head's: workers get data from it and never talk to MLflow.
        health.data = health.mlflow = health.mlflow_error = ""
    if settings["INCAY_RESULTS"] and not health.store_error:
        health.store_seen = Store(settings["INCAY_RESULTS"]).read(probe) is not None
    return health.to_dict()


def _leave_probe(uri: str) -> str:
    from incay.trainables.store.trials import Store

    path = probe_path(uuid.uuid4().hex)
    if uri:
        try:
            Store(uri).write(path, b"written by incay doctor on the head")
        except Exception:  # the head's own examination names the reason
            return ""
    return path


def _remove_probe(uri: str, path: str) -> None:
    from incay.trainables.store.trials import Store

    if uri and path:
        Store(uri).delete(path)
