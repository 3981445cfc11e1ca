"""A search's points in Optuna's words: one trial each, whatever seeds it was trained with."""

from __future__ import annotations

import datetime
import statistics
from collections.abc import Mapping, Sequence
from typing import Any

import optuna
from optuna.trial import FrozenTrial, TrialState

from incay.study.mirrors.base import FINGERPRINT, STATUS, moment
from incay.study.search.distributions import distribution
from incay.study.search.outcomes import STATES
from incay.study.spec.searches.ranges import parse_space
from incay.trainables.outgoing import without_secrets
from incay.trainables.store.reading.damage import RecordError
from incay.trainables.store.records import TrialRecord
from incay.trainables.store.shapes import TrialRow
from incay.trainables.store.trials import Store

NUMBER = "incay.number"
_BY_SEED, _TRIALS = "incay.by_seed", "incay.trials"


def copied_point(
    store: Store,
    rows: Sequence[TrialRow],
    seeds: int,
    search: Mapping[str, Any],
    metrics: Sequence[str],
) -> FrozenTrial | None:
    """Return a point in Optuna's words, None while one of its trials has no result.

    With several seeds its value is their mean, its intermediate values are the means over the
    seeds so far, and what each seed gave stands among its attributes. A point without some of its
    seeds, which a race has spared, is pruned.

    Args:
        store: Where its records are.
        rows: Its trials, of which there is no further one.
        seeds: How many there would be of a whole point.
        search: The arm's searched settings and their ranges.
        metrics: The objectives, the winner's first.
    """
    rows = sorted(rows, key=lambda row: row.replicate)
    records: list[TrialRecord] = []
    try:
        for row in rows:
            record = store.read_record(row.fingerprint)
            if record is None or not record.is_final:
                return None
            records.append(record)
        reports = store.history(records[0]) if seeds == 1 else ()
    except RecordError:
        return None
    values = [[record.metrics.get(name) for name in metrics] for record in records]
    told = next((each for each in records if not each.is_whole), records[0])
    state = STATES[told.status.nature]
    if state == TrialState.COMPLETE and any(None in each for each in values):
        return None
    numbers = [[float(value) for value in each if value is not None] for each in values]
    intermediate = {
        int(report["step"]): float(report[metrics[0]])
        for report in reports
        if report.get(metrics[0]) is not None
    }
    attributes: dict[str, Any] = {
        NUMBER: rows[0].number,
        FINGERPRINT: rows[0].fingerprint,
        STATUS: told.status,
        "incay.reason": without_secrets(told.reason),
    }
    if seeds > 1:
        first = [each[0] for each in numbers if each]
        attributes |= {_BY_SEED: first, _TRIALS: [row.fingerprint for row in rows]}
        if state == TrialState.COMPLETE:
            intermediate = {
                count: statistics.fmean(first[:count]) for count in range(1, len(first) + 1)
            }
            state = TrialState.COMPLETE if len(rows) == seeds else TrialState.PRUNED
    means = [statistics.fmean(each) for each in zip(*numbers, strict=False)]
    trial = optuna.trial.create_trial(
        state=state,
        params=dict(rows[0].params),
        distributions={
            name: distribution(parse_space(search[name]).range) for name in rows[0].params
        },
        values=means if state == TrialState.COMPLETE else None,
        intermediate_values=intermediate,
        user_attrs=attributes,
    )
    times = [_times(record) for record in records]
    trial.datetime_start = min(start for start, _ in times)
    trial.datetime_complete = max(end for _, end in times)
    return trial


def _times(record: TrialRecord) -> tuple[datetime.datetime, datetime.datetime]:
    """Return start and end in local time without a zone, as Optuna keeps them.

    Optuna has no ended trial without both: what is not known is the other, or long ago.
    """
    started, finished = moment(record.started), moment(record.finished)
    first = started or finished or datetime.datetime.fromtimestamp(0)
    last = max(finished or first, first, key=lambda at: at.timestamp())
    return _local(first), _local(last)


def _local(at: datetime.datetime) -> datetime.datetime:
    return at.astimezone().replace(tzinfo=None)
