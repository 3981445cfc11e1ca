"""How the study's trials ended, by arm and phase."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from incay.analysis.comparing.measure import describe_endings
from incay.analysis.results.study import StudyResults, Trial


@dataclass(frozen=True)
class EndingsRow:
    """How the trials of one phase of an arm ended.

    Attributes:
        trials: The trials; at least one.
        endings: Their endings in words.
        reasons: Fingerprints by why those ended that did not complete.
    """

    trials: Sequence[Trial]
    endings: str
    reasons: Mapping[str, Sequence[str]]


def endings(results: StudyResults) -> list[EndingsRow]:
    """Return a row for each phase that an arm has trials of."""
    return [
        EndingsRow(trials, describe_endings(trials), _reasons(trials))
        for trials in _phases(results)
    ]


def reason(trial: Trial) -> str:
    """Return why a trial did not complete, or why its record cannot be read; else nothing."""
    return trial.problem or (trial.record.reason if trial.record is not None else "")


def _phases(results: StudyResults) -> Iterator[Sequence[Trial]]:
    for arm in results.arms:
        yield from filter(None, (arm.phase("search"), arm.phase("confirm")))


def _reasons(trials: Sequence[Trial]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for trial in trials:
        if reason(trial):
            found.setdefault(reason(trial), []).append(trial.fingerprint)
    return found
