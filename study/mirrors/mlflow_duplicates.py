"""Runs that MLflow has made twice: it was asked again because its first answer was lost.

A server that stands still for a while, or loses its database, may yet do what it was asked before.
MLflow knows no request that is made once at most.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable
from typing import Any

PARENT = "mlflow.parentRunId"


def one_of_each(
    runs: Iterable[Any], key: str, progress: Callable[[Any], tuple[int, ...]], client: Any
) -> dict[str, Any]:
    """Return one run for each key; others of the same key are deleted.

    What lay in one that is deleted lies in the one that stays.

    Args:
        runs: MLflow's.
        key: The tag that tells them apart. Runs without it are somebody else's, and left alone.
        progress: How much there is in one; the one with most stays.
        client: MLflow's.
    """
    alike = defaultdict(list)
    for run in runs:
        if key in run.data.tags:
            alike[run.data.tags[key]].append(run)
    kept, moved = {}, {}
    for name, found in alike.items():
        found.sort(key=lambda run: (*(-part for part in progress(run)), run.info.start_time))
        kept[name] = found[0]
        for other in found[1:]:
            client.delete_run(other.info.run_id)
            moved[other.info.run_id] = found[0].info.run_id
    for run in kept.values():
        parent = run.data.tags.get(PARENT)
        if parent in moved:
            client.set_tag(run.info.run_id, PARENT, moved[parent])
            run.data.tags[PARENT] = moved[parent]
    return kept
