"""The list of all trials, to which numbers link."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from incay.analysis.reports.endings import reason
from incay.analysis.results.study import StudyResults, Trial
from incay.trainables.metrics import ERROR, LOSS, NORM, TEST, VALIDATION

_METRICS = [quantity.of(split) for split in (TEST, VALIDATION) for quantity in (ERROR, LOSS, NORM)]


@dataclass(frozen=True)
class ListedTrial:
    """A trial as the report lists it.

    Attributes:
        trial: The trial, with its settings and ending.
        reason: Why it did not complete, or cannot be read; else empty.
        values: What it recorded last, in the order of the list's metrics.
        first: Whether no row before is of the same trial. Arms may share one, as the plain loss
            and λ = 0 do, but an id must stand once in a page.
    """

    trial: Trial
    reason: str
    values: Sequence[Any]
    first: bool


@dataclass(frozen=True)
class ListedTrials:
    """All trials, and the metrics that some of them have."""

    metrics: Sequence[str]
    rows: Sequence[ListedTrial]


def listed_trials(results: StudyResults) -> ListedTrials:
    """Return every trial of the study with its settings, ending and last metrics."""
    known = {name for trial in results.trials if trial.record for name in trial.record.metrics}
    metrics = [name for name in _METRICS if name in known]
    seen: set[str] = set()
    rows = []
    for trial in results.trials:
        recorded = trial.record.metrics if trial.record is not None else {}
        values = [recorded.get(name) for name in metrics]
        rows.append(ListedTrial(trial, reason(trial), values, trial.fingerprint not in seen))
        seen.add(trial.fingerprint)
    return ListedTrials(metrics, rows)
