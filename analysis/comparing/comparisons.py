"""Each arm against its reference, on the same seeds, corrected for how many are compared.

The family of a metric is every comparison of the study in that metric, so that the chance of
any false claim in a table stays below α.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from incay.analysis.comparing.measure import measure
from incay.analysis.comparing.references import references
from incay.analysis.output.table import Mark
from incay.analysis.results.study import StudyResults
from incay.analysis.statistics.effect import hedges_g
from incay.analysis.statistics.holm import holm
from incay.analysis.statistics.paired import PairedTest, paired_test
from incay.analysis.statistics.power import seeds_needed

ALPHA = 0.05

_BETTER_IS_MORE: Mapping[str, bool] = {"error": False, "loss": False, "accuracy": True}
"""Metrics of which one direction is better; a longer feature is not better in itself."""


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """One arm against its reference.

    Attributes:
        arm: The arm.
        reference: What it is compared with.
        metric: In which metric.
        test: The paired test, arm - reference.
        adjusted_p: Holm's p-value in the family, None for one pair.
        family: How many comparisons the family has.
        effect: Hedges' g of the paired differences, None where it has no meaning.
        better: Whether the difference is in the better direction.
        seconds_per_seed: What one more replicate of both arms costs.
        on_gpu: Whether those are seconds of a GPU.
        fingerprints: The trials of both.
    """

    arm: str
    reference: str
    metric: str
    test: PairedTest
    adjusted_p: float | None
    family: int
    effect: float | None
    better: bool
    seconds_per_seed: float
    on_gpu: bool
    fingerprints: tuple[str, ...]

    @property
    def decided(self) -> bool:
        """Whether the test supports a difference."""
        return self.adjusted_p is not None and self.adjusted_p < ALPHA

    @property
    def marks(self) -> frozenset[Mark]:
        """What may be said of the arm's cell."""
        if not self.decided:
            return frozenset()
        return frozenset({Mark.BETTER if self.better else Mark.WORSE})

    def more_seeds(self) -> int | None:
        """Return how many more seeds would decide it with 80% power, were the effect as measured.

        0 where it is decided, None where no reasonable number would do, or nothing is known.
        """
        if self.decided:
            return 0
        if self.test.deviation is None or self.test.difference == 0.0:
            return None
        if self.test.deviation == 0.0:
            return max(0, _sign_flip_seeds(ALPHA / self.family) - self.test.n)
        wanted = seeds_needed(self.test.difference / self.test.deviation, ALPHA / self.family)
        return None if wanted is None else max(1, wanted - self.test.n)


def compare_arms(results: StudyResults, metric: str) -> dict[str, Comparison]:
    """Return the comparisons of a metric by arm; arms without a common replicate have none.

    Args:
        results: The study.
        metric: A metric of which one direction is better, such as ``test.accuracy``; of any
            other nothing is claimed and the result is empty.
    """
    quantity = metric.rpartition(".")[2]
    if quantity not in _BETTER_IS_MORE:
        return {}
    measured = {arm.name: measure(results, arm, metric) for arm in results.arms}
    tests: dict[str, tuple[str, PairedTest]] = {}
    for name, reference in references(results).items():
        test = paired_test(measured[name].values, measured[reference].values)
        if test is not None:
            tests[name] = (reference, test)
    # A comparison that the study planned counts even where it cannot be made, because an arm
    # diverged or a record is damaged: else the other arms would be tested less strictly.
    p_values = {name: test.p for name, (_, test) in tests.items() if test.p is not None}
    planned = {name: p_values.get(name, 1.0) for name in references(results)}
    adjusted = dict(zip(planned, holm(list(planned.values())), strict=True))
    seconds = {arm.name: _seconds_per_seed(results, arm.name) for arm in results.arms}
    on_gpu = any(trial.gpu_seconds > 0.0 for trial in results.trials)
    return {
        name: Comparison(
            arm=name,
            reference=reference,
            metric=metric,
            test=test,
            adjusted_p=adjusted[name] if test.p is not None else None,
            family=len(planned),
            effect=hedges_g(test),
            better=(test.difference > 0) == _BETTER_IS_MORE[quantity],
            seconds_per_seed=seconds[name] + seconds[reference],
            on_gpu=on_gpu,
            fingerprints=(*measured[name].trials, *measured[reference].trials),
        )
        for name, (reference, test) in tests.items()
    }


def _seconds_per_seed(results: StudyResults, arm: str) -> float:
    taken = [t.seconds for t in results.arm(arm).phase("confirm") if t.status == "completed"]
    return sum(taken) / len(taken) if taken else 0.0


def _sign_flip_seeds(alpha: float) -> int:
    n = 1
    while 2.0 / 2.0**n >= alpha:
        n += 1
    return n
