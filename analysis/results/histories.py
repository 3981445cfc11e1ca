"""Metrics by iteration: the mean over an arm's replicates, from report to report."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Sequence

import pyarrow as pa

from incay.analysis.errors import AnalysisError
from incay.analysis.results.completed import completed
from incay.analysis.results.study import StudyResults
from incay.analysis.statistics.summary import summarize
from incay.trainables.measures import measures
from incay.trainables.metrics import STEP, TEST, VALIDATION, word_of
from incay.trainables.names import DATASET

SCHEMA = pa.schema(
    [
        ("arm", pa.string()),
        ("dataset", pa.string()),
        ("metric", pa.string()),
        ("step", pa.float64()),
        ("mean", pa.float64()),
        ("half_width", pa.float64()),
        ("n", pa.int64()),
    ]
)


def read_curves(results: StudyResults, metrics: Sequence[str]) -> pa.Table:
    """Return the given metrics by arm and step, averaged over completed confirm trials.

    Where the test split was not evaluated at every report, ``test.`` gives way to ``val.``; a
    metric that no report has is left out.

    Raises:
        AnalysisError: No trial has completed, or none of the metrics was reported.
    """
    rows = []
    for arm, trials in completed(results):
        values: dict[tuple[str, float], list[float]] = defaultdict(list)
        for trial in trials:
            history = results.read(trial, "history")
            if history is None or STEP not in history.column_names:
                continue
            steps = history.column(STEP).to_pylist()
            for metric in metrics:
                name = _reported(history, metric)
                if name is None:
                    continue
                for step, value in zip(steps, history.column(name).to_pylist(), strict=True):
                    if value is not None and math.isfinite(value):
                        values[name, step].append(value)
        for (name, step), each in sorted(values.items()):
            summary = summarize(each)
            rows.append(
                {
                    "arm": arm.name,
                    "dataset": str(arm.setting(DATASET) or ""),
                    "metric": name,
                    "step": step,
                    "mean": summary.mean,
                    "half_width": summary.half_width,
                    "n": summary.n,
                }
            )
    if not rows:
        why = "the test split is read at every report only under `protocol: paper`"
        if all(word_of(name) in measures for name in metrics):
            why = (
                "what takes class means is measured at every report only with measure.reports: "
                "true, and of training images only with measure.train: true"
            )
        raise AnalysisError(
            f"histories must hold one of {', '.join(metrics)}, but hold none: {why}"
        )
    return pa.Table.from_pylist(rows, schema=SCHEMA)


def _reported(history: pa.Table, metric: str) -> str | None:
    """Return the metric, or its validation twin where the test was read once at the end."""
    twin = metric.replace(f"{TEST}.", f"{VALIDATION}.", 1)
    for name in (metric, twin):
        if name in history.column_names:
            column = history.column(name)
            if len(column) - column.null_count > 1 or (name == twin and name != metric):
                return name
    return None
