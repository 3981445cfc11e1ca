"""The trials that figures are drawn from."""

from __future__ import annotations

from collections.abc import Iterator

from incay.analysis.errors import AnalysisError
from incay.analysis.results.samples import Samples, read_samples
from incay.analysis.results.study import Arm, StudyResults, Trial


def completed(results: StudyResults) -> list[tuple[Arm, list[Trial]]]:
    """Return the completed confirm trials by arm, arms without any left out.

    Raises:
        AnalysisError: There is none at all.
    """
    found = [
        (arm, [trial for trial in arm.phase("confirm") if trial.is_whole]) for arm in results.arms
    ]
    found = [(arm, trials) for arm, trials in found if trials]
    if not found:
        raise AnalysisError(
            f"a figure needs a completed confirm trial, but study {results.name!r} has none yet"
        )
    return found


def samples_by_arm(results: StudyResults) -> Iterator[tuple[Arm, list[Samples]]]:
    """Yield the per-sample evaluations of all completed confirm trials, arm by arm.

    Raises:
        AnalysisError: A trial has none, or there is no completed trial.
    """
    for arm, trials in completed(results):
        yield arm, [read_samples(results, trial) for trial in trials]
