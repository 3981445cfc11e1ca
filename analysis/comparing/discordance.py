"""Images on which two models of the same replicate disagree about being right."""

from __future__ import annotations

from dataclasses import dataclass

from incay.analysis.comparing.comparisons import Comparison
from incay.analysis.errors import AnalysisError
from incay.analysis.results.samples import read_samples
from incay.analysis.results.study import StudyResults, Trial
from incay.analysis.statistics.mcnemar import McNemar, mcnemar


@dataclass(frozen=True)
class Discordance:
    """McNemar's test of every pair of models.

    Attributes:
        tests: By replicate, in order; ``fixed`` images are right with the arm only.
        fingerprints: The trials behind them.
    """

    tests: tuple[McNemar, ...]
    fingerprints: tuple[str, ...]


def pair_replicates(
    results: StudyResults, reference: str, arm: str
) -> dict[int, tuple[Trial, Trial]]:
    """Return (reference, arm) by replicate, where both completed."""
    done = {t.number: t for t in results.arm(reference).phase("confirm") if t.is_whole}
    return {
        trial.number: (done[trial.number], trial)
        for trial in results.arm(arm).phase("confirm")
        if trial.is_whole and trial.number in done
    }


def measure_discordance(
    results: StudyResults, comparison: Comparison
) -> Discordance | AnalysisError | None:
    """Return the tests of a comparison's pairs.

    None where nothing is paired; an error where a trial's per-sample records are missing or
    damaged.
    """
    tests: list[McNemar] = []
    trials: list[str] = []
    for pair in pair_replicates(results, comparison.reference, comparison.arm).values():
        try:
            before, after = (read_samples(results, trial).correct for trial in pair)
        except AnalysisError as error:
            return error
        tests.append(mcnemar(int((~before & after).sum()), int((before & ~after).sum())))
        trials += [trial.fingerprint for trial in pair]
    return Discordance(tuple(tests), tuple(trials)) if tests else None
