"""One metric of one arm, replicate by replicate, and why a replicate has none.

The study's own policy, declared before launch, says how diverged replicates count.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from incay.analysis.results.study import Arm, Phase, StudyResults, Trial

_WORST_ERROR = 100.0
_ORDER = ("completed", "pruned", "diverged", "failed", "interrupted", "damaged", "pending")


@dataclass(frozen=True)
class Measurement:
    """A metric of an arm's replicates.

    Attributes:
        values: By replicate number.
        fingerprints: The trials behind the values, by replicate number.
        reason: Why there is no value at all, such as ``diverged 3 of 3``; else empty.
        notes: What a reader must know of the values, such as replicates that are missing.
    """

    values: Mapping[int, float] = field(default_factory=dict)
    fingerprints: Mapping[int, tuple[str, ...]] = field(default_factory=dict)
    reason: str = ""
    notes: tuple[str, ...] = ()

    @property
    def trials(self) -> tuple[str, ...]:
        """The fingerprints of all replicates, each once."""
        return tuple(dict.fromkeys(name for each in self.fingerprints.values() for name in each))

    def with_values(self, values: Mapping[int, float]) -> Measurement:
        """Return the same measurement with other values."""
        return Measurement(values, self.fingerprints, self.reason, self.notes)


def measure(results: StudyResults, arm: Arm, metric: str) -> Measurement:
    """Return a metric of an arm's confirm trials.

    Args:
        results: The study.
        arm: One of its arms.
        metric: A recorded metric, such as ``test.error``, or the same with ``accuracy`` in
            place of ``error``: 100 - error.
    """
    split, _, quantity = metric.rpartition(".")
    if quantity == "accuracy":
        error = measure(results, arm, f"{split}.error")
        return error.with_values({number: 100.0 - value for number, value in error.values.items()})
    trials = arm.phase("confirm")
    damaged = [trial for trial in trials if trial.problem]
    if damaged:
        problems = tuple(trial.problem for trial in damaged)
        return Measurement(reason=f"damaged {len(damaged)} of {len(trials)}", notes=problems)
    values: dict[int, float] = {}
    fingerprints: dict[int, tuple[str, ...]] = {}
    seen: set[str] = set()
    notes: list[str] = []
    for trial in trials:
        value = trial.metric(metric)
        if value is None and _counts_as_worst(results, trial, quantity):
            value = _WORST_ERROR
        if value is None:
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
    notes += _endings_notes(results, arm, trials, quantity)
    if values:
        return Measurement(values, fingerprints, "", tuple(notes))
    return Measurement(reason=_reason(results, arm))


def count_endings(trials: Sequence[Trial]) -> dict[str, int]:
    """Return how many trials ended in which way, in a fixed order, without zeros."""
    counts = Counter(trial.status for trial in trials)
    return {status: counts[status] for status in _ORDER if counts[status]}


def describe_endings(trials: Sequence[Trial]) -> str:
    """Return the endings as text, such as ``4 completed, 1 diverged``."""
    return ", ".join(f"{count} {status}" for status, count in count_endings(trials).items())


def _counts_as_worst(results: StudyResults, trial: Trial, quantity: str) -> bool:
    return results.diverged_policy == "worst" and trial.status == "diverged" and quantity == "error"


def _endings_notes(
    results: StudyResults, arm: Arm, trials: Sequence[Trial], quantity: str
) -> list[str]:
    endings = count_endings(trials)
    if set(endings) <= {"completed"}:
        return []
    policy = ""
    if "diverged" in endings:
        worst = results.diverged_policy == "worst" and quantity == "error"
        policy = "; diverged ones count as 100 % error" if worst else "; diverged ones are left out"
    total = len(trials)
    return [f"{arm.name}: of {total} replicates {describe_endings(trials)}{policy}"]


def _reason(results: StudyResults, arm: Arm) -> str:
    phase: Phase = "confirm"
    trials = arm.phase(phase)
    if not trials:
        searched = arm.phase("search")
        done = sum(trial.status != "pending" for trial in searched)
        if results.searches and searched:
            return f"pending: {done} of {len(searched)} search trials done"
        return f"pending {results.replicates} of {results.replicates}"
    endings = count_endings(trials)
    missing = {status: count for status, count in endings.items() if status != "completed"}
    if not missing:
        return "not recorded"
    return ", ".join(f"{status} {count} of {len(trials)}" for status, count in missing.items())
