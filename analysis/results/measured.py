"""A metric of one trial: as it was recorded, or computed of what was.

A trial that was trained before a measure was written has no value of it, and often all that it is
computed of. A measure of the user's own was computed where the trial was trained: nothing here runs
code that a study uses, and what is said of such a measure stands in the trial's provenance.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pyarrow as pa

from incay.analysis.errors import AnalysisError
from incay.analysis.results.completed import completed
from incay.analysis.results.study import Arm, StudyResults, Trial
from incay.trainables.measures import Records, measures
from incay.trainables.measures.computing import computable, compute
from incay.trainables.metrics import (
    SPLITS,
    Quantity,
    all_quantities,
    quantity_of,
    split_of,
    word_of,
)
from incay.trainables.registry import describe_unknown
from incay.trainables.store.measured import OWN_MEASURES, records_of
from incay.trainables.store.reading.tables import CLASSES, OUTSIDE


def value_of(results: StudyResults, trial: Trial, metric: str) -> float | None:
    """Return a metric of a trial that is whole; None where it has none and none can be computed.

    Raises:
        AnalysisError: What it would be computed of is damaged.
    """
    value = trial.metric(metric)
    if value is not None or not trial.is_whole or trial.record is None:
        return value
    word = word_of(metric)
    if split_of(metric) not in SPLITS or word not in measures:
        return None
    if metric in trial.record.metrics:  # recorded, as without meaning
        return None
    measure = measures[word]
    records = read_records(results, trial)
    if records is None or records[0] != split_of(metric) or not computable(measure, records[1]):
        return None
    found = compute(measure, records[1])
    return found if found == found else None


def read_records(results: StudyResults, trial: Trial) -> tuple[str, Records] | None:
    """Return the split that a trial's tables are of, and what measures are computed of.

    None where a trial left no samples, as after a test by pairs.
    """
    key = f"records of {trial.fingerprint}"
    if key not in results.cache:
        results.cache[key] = _read(results, trial)
    found: tuple[str, Records] | None = results.cache[key]
    return found


def _read(results: StudyResults, trial: Trial) -> tuple[str, Records] | None:
    samples = results.read(trial, "samples")
    if samples is None:
        return None
    split = (samples.schema.metadata or {}).get(b"split", b"test").decode()
    try:
        records = records_of(samples, results.read(trial, CLASSES), results.read(trial, OUTSIDE))
    except (pa.ArrowException, KeyError, TypeError, ValueError) as error:
        raise AnalysisError(
            f"trial {trial.fingerprint} ({trial.arm}) must have records of images and classes as "
            f"trials write them, but has not: {error}"
        ) from error
    return split, records


def records_by_arm(results: StudyResults, needs: Sequence[str]) -> list[tuple[Arm, list[Records]]]:
    """Return what completed confirm trials left, arm by arm, of those that have what is needed.

    Raises:
        AnalysisError: No trial has it, or none has completed.
    """
    found = []
    for arm, trials in completed(results):
        read = [read_records(results, trial) for trial in trials]
        own = [
            each[1]
            for each in read
            if each is not None and each[0] == results.split and all(map(each[1].has, needs))
        ]
        if own:
            found.append((arm, own))
    if not found:
        raise AnalysisError(
            f"trials of study {results.name!r} must have recorded {', '.join(needs)} of the "
            f"{results.split} split, but none has"
        )
    return found


def quantity_in(results: StudyResults, metric: str) -> Quantity | None:
    """Return what a metric measures, those of the user's own among them; None if it is unknown."""
    known = quantity_of(metric)
    return known if known is not None else _own(results).get(word_of(metric))


def metric_named(results: StudyResults, name: str) -> str:
    """Return the metric that a column's name stands for.

    Args:
        results: The study.
        name: A measure or other quantity, of the split that the study's tables are of, or a metric
            with its split, such as ``train.nc1``.

    Raises:
        AnalysisError: Nothing is called so; the message names what probably was meant.
    """
    recorded = {each for trial in results.trials if trial.record for each in trial.record.metrics}
    known = {*all_quantities(), *_own(results)}
    split, word = split_of(name), word_of(name)
    if split in SPLITS and (word in known or name in recorded):
        return name
    if name in known:
        return f"{results.split}.{name}"
    if f"{results.split}.{name}" in recorded:
        return f"{results.split}.{name}"
    raise AnalysisError(describe_unknown("a column", name, known))


def _own(results: StudyResults) -> Mapping[str, Quantity]:
    """Return what trials say of measures of the user's own, by name."""
    found: dict[str, Quantity] | None = results.cache.get(OWN_MEASURES)
    if found is None:
        found = {}
        for trial in results.trials:
            told = trial.record.provenance.get(OWN_MEASURES) if trial.record is not None else None
            for name, each in told.items() if isinstance(told, Mapping) else ():
                quantity = _described(name, each)
                if quantity is not None:
                    found.setdefault(name, quantity)
        results.cache[OWN_MEASURES] = found
    return found


def _described(name: str, told: Any) -> Quantity | None:
    """Return the quantity that a provenance describes, None where it describes none."""
    if not isinstance(told, Mapping):
        return None
    texts = {part: told.get(part, "") for part in ("title", "unit", "symbol")}
    better, decimals = told.get("better"), told.get("decimals", 4)
    if not all(isinstance(text, str) for text in texts.values()) or not isinstance(decimals, int):
        return None
    if better not in ("less", "more", None) or not 0 <= decimals <= 12:
        return None
    return Quantity(
        name=name,
        title=texts["title"] or name,
        unit=texts["unit"],
        symbol=texts["symbol"],
        better=better,
        decimals=decimals,
    )
