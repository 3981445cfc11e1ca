"""Whether two trainings of a trial left the same bits: in all that a record keeps but times."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from incay.trainables.metrics import SPEED, STEP
from incay.trainables.store.endings import Ending

_MOST = 4
"""Differences of one kind that are named."""


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What a trial came to.

    Attributes:
        status: How it ended; of one that was pruned, that it was so far.
        step: Where it ended.
        reason: Why, unless it completed.
        metrics: Its last report's.
        history: Its reports.
        tables: Per-sample evaluation and other tables, by name.
        weights: What is kept of its network and loss, by name; empty where nothing is.
    """

    status: Ending
    step: int
    reason: str
    metrics: Mapping[str, float]
    history: Sequence[Mapping[str, float]]
    tables: Mapping[str, pa.Table]
    weights: Mapping[str, Any]


def differences(then: Outcome, again: Outcome) -> list[str]:
    """Return in what a record is not what training again gives, in words; empty if in nothing.

    What the record does not keep is not asked for: an earlier version has kept less.
    """
    if (then.status, then.step) != (again.status, again.step):
        return [
            f"it is recorded as {then.status} at step {then.step:,}, and is {again.status} at "
            f"step {again.step:,} here"
        ]
    found = []
    if then.reason != again.reason:
        found.append(f"its reason is {then.reason!r} in the record, {again.reason!r} here")
    found += _few(_unequal(then.metrics, again.metrics), "metrics")
    found += _few(_reports(then.history, again.history), "differences in its reports")
    for name, table in then.tables.items():
        other = again.tables.get(name)
        found += (
            [f"{name}: recorded, and not left here"]
            if other is None
            else _table(name, table, other)
        )
    changed = sorted(name for name in then.weights if not _same_weights(then, again, name))
    found += [f"kept network: {name} differs" for name in changed[:1]]
    return found


def contradictions(then: Outcome) -> list[str]:
    """Return in what a record says two things of one number, which no training is needed to see."""
    if not then.history:
        return []
    last = {name: value for name, value in then.history[-1].items() if value is not None}
    found = [
        f"{name} is {_told(then.metrics.get(name))}, and {_told(last.get(name))} in its last report"
        for name in sorted({*then.metrics, *last} - {STEP})
        if not _same(then.metrics.get(name), last.get(name))
    ]
    return _few(found, "metrics")


def _unequal(then: Mapping[str, Any], again: Mapping[str, Any], at: str = "") -> list[str]:
    return [
        f"{name}{at} is {_told(then.get(name))} in the record, {_told(again.get(name))} here"
        for name in sorted({*then, *again} - {SPEED})
        if not _same(then.get(name), again.get(name))
    ]


def _reports(then: Sequence[Mapping[str, Any]], again: Sequence[Mapping[str, Any]]) -> list[str]:
    if len(then) != len(again):
        return [f"{len(then)} reports are recorded, and {len(again)} are made here"]
    return [
        line
        for mine, other in zip(then, again, strict=True)
        for line in _unequal(mine, other, f" at step {other.get(STEP, 0):,.0f}")
    ]


def _table(name: str, then: pa.Table, again: pa.Table) -> list[str]:
    if then.schema.names != again.schema.names or len(then) != len(again):
        return [f"{name}: {_size(then)} are recorded, {_size(again)} left here"]
    lines = []
    for column in then.schema.names:
        pairs = zip(_values(then[column]), _values(again[column]), strict=True)
        unequal = sum(not _same(mine, other) for mine, other in pairs)
        if unequal:
            lines.append(f"{name}: {column} differs in {unequal:,} of {len(then):,} rows")
    return lines


def _values(column: pa.ChunkedArray) -> list[Any]:
    values: list[Any] = column.to_pylist()
    return values


def _size(table: pa.Table) -> str:
    return f"{len(table):,} rows of {', '.join(table.schema.names)}"


def _same_weights(then: Outcome, again: Outcome, name: str) -> bool:
    mine, other = then.weights[name], again.weights.get(name)
    return other is not None and mine.shape == other.shape and bool((mine == other).all())


def _same(mine: Any, other: Any) -> bool:
    if isinstance(mine, float) and isinstance(other, float) and math.isnan(mine):
        return math.isnan(other)
    return type(mine) is type(other) and bool(mine == other)


def _told(value: Any) -> str:
    return "nothing" if value is None else repr(value)


def _few(lines: list[str], what: str) -> list[str]:
    more = [f"and {len(lines) - _MOST} more {what}"] if len(lines) > _MOST else []
    return lines[:_MOST] + more
