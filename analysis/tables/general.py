"""The table for any study: what differs, what came out, how the trials ended."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from analysis.cells import Cell, Column, Row, Table
from analysis.measure import describe_endings
from analysis.results import Arm, StudyResults, Trial
from analysis.tables import register_table
from analysis.tables._cells import count_cell, metric_cell
from analysis.tables._protocol import general_notes, interval_note, protocol_sentence


@register_table("general")
def general(results: StudyResults) -> Table:
    """Return one row per arm: difference, n, error, accuracy, norm, settings, endings."""
    searched = sorted({name for arm in results.arms for name in arm.search})
    columns = [
        Column(key="difference", title="differs by", numeric=False),
        Column(key="n", title="n", decimals=0),
        *(column for column, _ in _metrics(results)),
        *(Column(key=name, title=name, numeric=False) for name in searched),
        Column(key="endings", title="endings", numeric=False),
    ]
    table = Table(
        name="",
        title=results.question or results.name,
        study=results.name,
        run=results.run,
        protocol=protocol_sentence(results),
        row_title="Arm",
        columns=tuple(columns),
        rows=tuple(_row(results, arm, searched) for arm in results.arms),
    )
    notes = (interval_note(table), *general_notes(results))
    return replace(table, notes=tuple(note for note in notes if note))


def _metrics(results: StudyResults) -> list[tuple[Column, str]]:
    split = results.split
    rate = "accuracy" if objective_quantity(results) == "accuracy" else "error"
    chosen = [
        (Column(key=rate, title=f"{split} {rate}", unit="%"), f"{split}.{rate}"),
        (Column(key="norm", title=f"{split} ‖f‖"), f"{split}.norm"),
    ]
    quantity = objective_quantity(results)
    if quantity not in (rate, "norm"):
        column = Column(key=quantity, title=f"{split} {quantity}", decimals=4)
        chosen.append((column, f"{split}.{quantity}"))
    return chosen


def objective_quantity(results: StudyResults) -> str:
    """Return what the search makes small or large, without its split."""
    return results.objective["metric"].rpartition(".")[2]


def _row(results: StudyResults, arm: Arm, searched: Iterable[str]) -> Row:
    metrics = _metrics(results)
    cells = {column.key: metric_cell(results, arm, metric) for column, metric in metrics}
    cells["n"] = count_cell(cells[metrics[0][0].key])
    cells["difference"] = Cell(text=_difference(arm))
    for name in searched:
        cells[name] = _searched(results, arm, name)
    cells["endings"] = _endings(arm)
    return Row(name=arm.name, cells=cells)


def _difference(arm: Arm) -> str:
    """Return what differs from the baseline; searched settings have columns of their own."""
    fixed = {name: value for name, value in arm.difference.items() if name not in arm.search}
    return ", ".join(f"{name}={show(value)}" for name, value in fixed.items())


def _searched(results: StudyResults, arm: Arm, name: str) -> Cell:
    if name not in arm.search:
        return Cell()
    confirmed = arm.phase("confirm")
    if confirmed and name in confirmed[0].params:
        return Cell(text=show(confirmed[0].params[name]))
    best = best_so_far(results, arm)
    if best is None:
        return Cell(reason="no search trial is done")
    return Cell(
        text=f"{show(best.params.get(name))} (best so far)", fingerprints=(best.fingerprint,)
    )


def best_so_far(results: StudyResults, arm: Arm) -> Trial | None:
    """Return the completed search trial with the best objective, None where there is none."""
    metric, mode = results.objective["metric"], results.objective.get("mode", "min")
    sign = -1.0 if mode == "max" else 1.0
    done = [(trial.metric(metric), trial) for trial in arm.phase("search")]
    ranked = [(sign * value, trial.number, trial) for value, trial in done if value is not None]
    return min(ranked, key=lambda entry: entry[:2])[2] if ranked else None


def _endings(arm: Arm) -> Cell:
    search, confirm = arm.phase("search"), arm.phase("confirm")
    parts = [describe_endings(confirm)] if confirm else []
    if search:
        parts.insert(0, f"search: {describe_endings(search)}")
        parts[1:] = [f"confirm: {part}" for part in parts[1:]]
    if not parts:
        return Cell(text="nothing started")
    return Cell(text="; ".join(parts), fingerprints=tuple(t.fingerprint for t in arm.trials))


def show(value: Any) -> str:
    """Return a setting as a reader would write it."""
    return f"{value:.4g}" if isinstance(value, float) else str(value)
