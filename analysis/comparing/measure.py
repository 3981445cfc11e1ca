"""One metric of one arm, replicate by replicate, and why a replicate has none.

The study's own policy, declared before launch, says how diverged replicates count.

Where searches are repeated, what is repeated is the whole way from search to confirmation: seeds
that confirm one winner share its search, and are no replicates of the arm. So the mean over a
search's seeds is its one value, and intervals and tests count searches. They know less than those
of a mixed model, and assume less.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from incay.analysis.results.measured import value_of
from incay.analysis.results.study import Arm, StudyResults, Trial
from incay.trainables import names
from incay.trainables.metrics import ACCURACY, ERROR, Quantity, quantity_of, split_of
from incay.trainables.store.endings import Unended, count_statuses
from incay.trainables.store.measured import UNMEASURED


@dataclass(frozen=True)
class Measurement:
    """A metric of an arm's replicates.

    Attributes:
        values: By replicate number; of repeated searches by theirs.
        fingerprints: The trials behind the values, likewise.
        reason: Why there is no value at all, such as ``diverged 3 of 3``; else empty.
        notes: What a reader must know of the values, such as replicates that are missing.
        what: What each value is, in words or as a metric's name.
        metrics: The recorded metrics that it is of; none where it is of something else.
    """

    values: Mapping[int, float] = field(default_factory=dict)
    fingerprints: Mapping[int, tuple[str, ...]] = field(default_factory=dict)
    reason: str = ""
    notes: tuple[str, ...] = ()
    what: str = ""
    metrics: tuple[str, ...] = ()

    @property
    def trials(self) -> tuple[str, ...]:
        """The fingerprints of all replicates, each once."""
        return tuple(dict.fromkeys(name for each in self.fingerprints.values() for name in each))


def recorded_as(metric: str) -> tuple[str, tuple[str, ...]]:
    """Return what a metric is in terms of what is recorded, and the metrics that are recorded.

    Args:
        metric: As of `measure`: ``test.accuracy`` is ``100 − test.error``.
    """
    if quantity_of(metric) == ACCURACY:
        error = ERROR.of(split_of(metric))
        return f"100 − {error}", (error,)
    return metric, (metric,)


def measure(results: StudyResults, arm: Arm, metric: str) -> Measurement:
    """Return a metric of an arm's confirm trials, of repeated searches their means.

    Args:
        results: The study.
        arm: One of its arms.
        metric: See `measure_seeds`.
    """
    measured = measure_seeds(results, arm, metric)
    if results.repetitions == 1 or not measured.values:
        return measured
    searches = {trial.number: trial.repetition for trial in arm.phase("confirm")}
    values: dict[int, list[float]] = defaultdict(list)
    trials: dict[int, tuple[str, ...]] = defaultdict(tuple)
    for number, value in measured.values.items():
        values[searches[number]].append(value)
        trials[searches[number]] += measured.fingerprints[number]
    means = {search: math.fsum(each) / len(each) for search, each in values.items()}
    return Measurement(means, dict(trials), measured.reason, measured.notes)


def measure_seeds(results: StudyResults, arm: Arm, metric: str) -> Measurement:
    """Return a metric of an arm's confirm trials, seed by seed.

    Args:
        results: The study.
        arm: One of its arms.
        metric: A recorded metric, such as ``test.error``, or the same with ``accuracy`` in
            place of ``error``: 100 - error.
    """
    quantity, (what, metrics) = quantity_of(metric), recorded_as(metric)
    if quantity == ACCURACY:
        error = measure_seeds(results, arm, *metrics)
        values = {number: 100.0 - value for number, value in error.values.items()}
        return replace(error, values=values, what=what)
    trials = arm.phase("confirm")
    problems = tuple(trial.problem for trial in trials if trial.problem)
    if problems:
        reason = f"{Unended.DAMAGED} {len(problems)} of {len(trials)}"
        return Measurement(reason=reason, notes=problems)
    worst = _worst(results, quantity)
    values = {}
    fingerprints: dict[int, tuple[str, ...]] = {}
    seen: set[str] = set()
    notes: list[str] = []
    lacking: list[str] = []
    for trial in trials:
        value = value_of(results, trial, metric)
        if value is None and trial.diverged:
            value = worst
        if value is None:
            lacking += [str(trial.number)] if trial.is_whole else []
            continue
        if trial.fingerprint in seen:
            notes.append(
                f"{arm.name}: replicate {trial.number} is the same trial as another replicate "
                f"({trial.fingerprint}) and counts once"
            )
            continue
        seen.add(trial.fingerprint)
        values[trial.number] = value
        fingerprints[trial.number] = (trial.fingerprint,)
    notes += _endings_notes(arm, trials, worst)
    if values and lacking:
        notes.append(
            f"{arm.name}: {what} has no value in {len(lacking)} of {len(trials)} replicates "
            f"({', '.join(lacking)}), which are left out"
        )
    if values:
        return Measurement(values, fingerprints, "", tuple(notes), what, metrics)
    return Measurement(reason=_reason(results, arm, metric))


def describe_endings(trials: Sequence[Trial]) -> str:
    """Return the endings as text, such as ``4 completed, 1 diverged``."""
    counts = count_statuses(trial.status for trial in trials)
    return ", ".join(f"{count} {status}" for status, count in counts.items())


def _worst(results: StudyResults, quantity: Quantity | None) -> float | None:
    """Return what a diverged replicate counts with, None where it is left out."""
    return quantity.worst if quantity and results.diverged_policy == "worst" else None


def _endings_notes(arm: Arm, trials: Sequence[Trial], worst: float | None) -> list[str]:
    if all(trial.is_whole for trial in trials):
        return []
    policy = ""
    if any(trial.diverged for trial in trials):
        how = "are left out" if worst is None else f"count as {worst:g} % {ERROR.title}"
        policy = f"; diverged ones {how}"
    return [f"{arm.name}: of {len(trials)} replicates {describe_endings(trials)}{policy}"]


def _reason(results: StudyResults, arm: Arm, metric: str) -> str:
    trials = arm.phase("confirm")
    if not trials:
        searched = arm.phase("search")
        if results.searches and searched:
            return _search_reason(searched, results.objective.metric)
        awaited = _awaited(results, arm)
        if awaited:
            return awaited
        asked = results.looks[0] if results.looks else results.replicates
        return f"{Unended.PENDING} {asked} of {asked}"
    return list_endings(trials) or _no_number(trials, metric)


def _no_number(trials: Sequence[Trial], metric: str) -> str:
    """Return why trials that are whole have no value of a metric."""
    if failure := _failure(trials, metric):
        return f"could not be computed: {failure}"
    recorded = any(metric in trial.record.metrics for trial in trials if trial.record is not None)
    return "no value" if recorded else "not recorded"


def _failure(trials: Sequence[Trial], metric: str) -> str:
    """Return by which error a trial could not compute a metric; empty where there was none."""
    for trial in trials:
        told = trial.record.provenance.get(UNMEASURED) if trial.record is not None else None
        if isinstance(told, Mapping) and isinstance(told.get(metric), str):
            return str(told[metric])
    return ""


def list_endings(trials: Sequence[Trial]) -> str:
    """Return how those that are not whole ended, such as ``diverged 2 of 3``; else nothing."""
    missing = count_statuses(trial.status for trial in trials if not trial.is_whole)
    return ", ".join(f"{status} {count} of {len(trials)}" for status, count in missing.items())


def _search_reason(searched: Sequence[Trial], metric: str) -> str:
    """Return why an arm that is searched has no confirm trial.

    Nothing is pending where all search trials have ended and none has completed with a number for
    the objective: there is no winner that could be confirmed.
    """
    done = sum(not trial.is_open for trial in searched)
    whole = [trial for trial in searched if trial.is_whole]
    if done == len(searched) and whole and all(trial.metric(metric) is None for trial in whole):
        failure = _failure(whole, metric)
        return f"no search trial has a number for {metric}{f': {failure}' if failure else ''}"
    if done < len(searched) or whole:
        return f"{Unended.PENDING}: {done} of {len(searched)} search trials done"
    return f"no search trial completed: {list_endings(searched)}"


def _awaited(results: StudyResults, arm: Arm) -> str:
    """Return why the arm whose norm this one's threshold is a multiple of gives none."""
    _, refers, name = str(arm.difference.get(names.THRESHOLD, "")).partition(" x arm:")
    if not refers or name not in {other.name for other in results.arms}:
        return ""
    trials = results.arm(name).phase("confirm")
    if not trials or any(trial.is_open or trial.is_whole for trial in trials):
        return ""
    return f"not trained, as {name} has {list_endings(trials)}"
