"""Each arm against its reference, on the same seeds, corrected for how many are compared.

The family of a metric is every comparison of the study in that metric, so that the chance of
any false claim in a table stays below α.
"""

from __future__ import annotations

from dataclasses import dataclass

from incay.analysis.comparing.family import correct
from incay.analysis.comparing.measure import measure
from incay.analysis.comparing.references import references
from incay.analysis.content import Mark
from incay.analysis.results.study import StudyResults
from incay.analysis.statistics.effect import hedges_g
from incay.analysis.statistics.paired import PairedTest, paired_test
from incay.analysis.statistics.power import seeds_needed
from incay.trainables.metrics import quantity_of

ALPHA = 0.05


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
        unit: What a replicate is: a seed, or a search where these are repeated.
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
    unit: str = "seed"
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

        0 where it is decided, None where no reasonable number would do, or nothing is known: of
        differences that show no spread nobody can say how the next one will fall out.
        """
        if self.decided:
            return 0
        if not self.test.deviation or not self.test.differs:
            return None
        wanted = seeds_needed(self.test.difference / self.test.deviation, ALPHA / self.family)
        return None if wanted is None else max(1, wanted - self.test.n)


def compare_arms(results: StudyResults, metric: str) -> dict[str, Comparison]:
    """Return the comparisons of a metric by arm; arms without a common replicate have none.

    Args:
        results: The study.
        metric: A metric of which one direction is better, such as ``test.accuracy``; of any
            other nothing is claimed and the result is empty.
    """
    quantity = quantity_of(metric)
    if quantity is None or quantity.better is None:
        return {}
    measured = {arm.name: measure(results, arm, metric) for arm in results.arms}
    planned = references(results)
    tests = {
        name: test
        for name, reference in planned.items()
        if (test := paired_test(measured[name].values, measured[reference].values)) is not None
    }
    family = correct(
        {name: (results.arm(name), results.arm(other)) for name, other in planned.items()},
        {name: test.p for name, test in tests.items()},
    )
    seconds = {arm.name: _seconds_per_seed(results, arm.name) for arm in results.arms}
    on_gpu = any(trial.gpu_seconds > 0.0 for trial in results.trials)
    return {
        name: Comparison(
            arm=name,
            reference=planned[name],
            metric=metric,
            test=test,
            adjusted_p=family.adjusted.get(name),
            family=family.size,
            effect=hedges_g(test),
            better=(test.difference > 0.0) == (quantity.better == "more"),
            seconds_per_seed=seconds[name] + seconds[planned[name]],
            unit="seed" if results.repetitions == 1 else "search",
            on_gpu=on_gpu,
            fingerprints=(*measured[name].trials, *measured[planned[name]].trials),
        )
        for name, test in tests.items()
    }


def _seconds_per_seed(results: StudyResults, arm: str) -> float:
    if results.repetitions > 1:  # a replicate is a search with its confirmation
        return sum(trial.seconds for trial in results.arm(arm).trials) / results.repetitions
    taken = [trial.seconds for trial in results.arm(arm).phase("confirm") if trial.is_whole]
    return sum(taken) / len(taken) if taken else 0.0
