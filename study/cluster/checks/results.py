"""Where a cluster file puts results: every node must reach the same place."""

from __future__ import annotations

from collections.abc import Iterator

from incay.study.cluster.checks.problem import Problem
from incay.study.cluster.file import ClusterFile

_WHERE = "initialization_commands: INCAY_RESULTS"


def results_problems(file: ClusterFile) -> Iterator[Problem]:
    """Yield what is wrong with ``INCAY_RESULTS``."""
    uri = file.environment.get("INCAY_RESULTS", "")
    example = "s3://my-bucket/results"
    if not uri:
        shared = f"a directory that all machines share, or a URI such as {example}"
        remedy = shared if file.is_local else f"a URI such as {example}"
        yield Problem(_WHERE, "must say where results go, but is empty or missing", remedy)
    elif not file.is_local and ("://" not in uri or uri.startswith("file:")):
        what = f"must be a URI, but is {uri}: on AWS that is another disk on every node"
        yield Problem(_WHERE, what, f"give a URI such as {example}")
