"""Each arm against its reference, on the same seeds, corrected for how many are compared.

The family of a metric is every comparison of the study in that metric, so that the chance of
any false claim in a table stays below α, by the rule that holds for each (`...comparing.rules`).
"""

from __future__ import annotations

from dataclasses import dataclass, field

from incay.analysis.comparing.family import ALPHA, correct
from incay.analysis.comparing.measure import measure
from incay.analysis.comparing.references import planned_trials, references
from incay.analysis.comparing.rules import Judged, Rule, judge
from incay.analysis.comparing.seen_before import SeenBeside, seen_beside
from incay.analysis.content import Mark
from incay.analysis.errors import AnalysisError
from incay.analysis.results.loading import load
from incay.analysis.results.measured import quantity_in
from incay.analysis.results.study import StudyResults
from incay.analysis.statistics.effect import hedges_g
from incay.analysis.statistics.paired import PairedTest
from incay.analysis.statistics.power import SeedsNeeded, seeds_needed_between
from incay.analysis.statistics.sequential.boundaries import boundaries
from incay.analysis.statistics.sequential.chance import Chance, chance_to_decide_at

__all__ = ["ALPHA", "Comparison", "compare_arms"]

_BEFORE = "comparisons of earlier plans"


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """One arm against its reference.

    Attributes:
        arm: The arm.
        reference: What it is compared with.
        metric: In which metric.
        judged: The paired test, arm - reference, by the rule that holds for it.
        level: What Holm's correction leaves to it.
        before: The comparison of the earlier plan that had decided it, before seeds were added;
            None where none had. What was decided stays so.
        adjusted_p: Holm's p-value in the family, None for one pair.
        family: How many comparisons the family has.
        beside: Those of them that are none of the study, but had been seen beside its own.
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
    judged: Judged
    level: float
    adjusted_p: float | None
    family: int
    effect: float | None
    better: bool
    seconds_per_seed: float
    unit: str = "seed"
    on_gpu: bool
    fingerprints: tuple[str, ...]
    beside: SeenBeside = field(default_factory=SeenBeside, repr=False)
    before: Comparison | None = None

    @property
    def test(self) -> PairedTest:
        """The paired test, arm - reference."""
        return self.judged.test

    @property
    def rule(self) -> Rule:
        """By which rule the verdict is found."""
        return self.basis.judged.rule

    @property
    def basis(self) -> Comparison:
        """What the verdict rests on: itself, or the comparison that had decided it before."""
        return self.before or self

    @property
    def decided(self) -> bool:
        """Whether the test supports a difference."""
        p = self.basis.adjusted_p
        return p is not None and p < ALPHA

    @property
    def verdict(self) -> str:
        """``better``, ``worse`` or ``undecided``."""
        if not self.decided:
            return "undecided"
        return "better" if self.basis.better else "worse"

    @property
    def boundary(self) -> float | None:
        """What the p-value of the last look must be below, None without a look."""
        return self.judged.boundary(self.level)

    @property
    def marks(self) -> frozenset[Mark]:
        """What may be said of the arm's cell."""
        if not self.decided:
            return frozenset()
        return frozenset({Mark.BETTER if self.basis.better else Mark.WORSE})

    def more_seeds(self) -> SeedsNeeded | None:
        """Return how many more seeds would decide it with 80% power, in one look at all of them.

        None where nothing is known: of differences that show no spread nobody can say how the next
        one will fall out.
        """
        test = self.test
        level = ALPHA / self.family
        needed = seeds_needed_between(test.n, test.difference, test.deviation, level)
        if needed is None:
            return None
        wanted = (needed.point, needed.least, needed.most)
        return SeedsNeeded(*(None if n is None else max(1, n - test.n) for n in wanted))

    @property
    def is_at_last_look(self) -> bool:
        """Whether all looks that were declared are complete."""
        return len(self.judged.looks) > 0 and self.judged.ended

    def next_look(self) -> tuple[int, Chance] | None:
        """Return the next declared look and the chance that it decides; None where none is left."""
        judged = self.judged
        later = judged.planned[judged.number :]
        if not later or not judged.looks:
            return None
        at = boundaries((*judged.looks, later[0]), self.level, judged.spending, judged.planned[-1])
        chance = chance_to_decide_at(
            later[0],
            n=self.test.n,
            difference=self.test.difference,
            deviation=self.test.deviation,
            boundary=at[-1],
        )
        return None if chance is None else (later[0], chance)


def compare_arms(
    results: StudyResults, metric: str, up_to: int | None = None
) -> dict[str, Comparison]:
    """Return the comparisons of a metric by arm; arms without a common replicate have none.

    Args:
        results: The study.
        metric: A metric of which one direction is better, such as ``test.accuracy``; of any
            other nothing is claimed and the result is empty.
        up_to: Seeds of the look that is to be judged; None for all that there are.
    """
    quantity = quantity_in(results, metric)
    if quantity is None or quantity.better is None:
        return {}
    measured = {arm.name: measure(results, arm, metric) for arm in results.arms}
    planned = references(results)
    found = {
        name: judged
        for name, reference in planned.items()
        if (
            judged := judge(
                results,
                (results.arm(name), results.arm(reference)),
                (measured[name].values, measured[reference].values),
                up_to,
            )
        )
        is not None
    }
    pairs = {name: (results.arm(name), results.arm(other)) for name, other in planned.items()}
    beside = seen_beside(results, pairs)
    p_values = {name: judged.p for name, judged in found.items()}
    family = correct(pairs, p_values, beside.count)
    seconds = {arm.name: _seconds_per_seed(results, arm.name) for arm in results.arms}
    on_gpu = any(trial.gpu_seconds > 0.0 for trial in results.trials)
    return {
        name: Comparison(
            arm=name,
            reference=planned[name],
            metric=metric,
            judged=judged,
            level=family.levels[name],
            adjusted_p=family.adjusted.get(name),
            family=family.size,
            beside=beside,
            effect=hedges_g(judged.test),
            better=(judged.test.difference > 0.0) == (quantity.better == "more"),
            seconds_per_seed=seconds[name] + seconds[planned[name]],
            unit="seed" if results.repetitions == 1 else "search",
            on_gpu=on_gpu,
            fingerprints=(*measured[name].trials, *measured[planned[name]].trials),
            before=_decided_before(results, (name, planned[name]), judged, metric),
        )
        for name, judged in found.items()
    }


def _decided_before(
    results: StudyResults, arms: tuple[str, str], judged: Judged, metric: str
) -> Comparison | None:
    """Return the comparison of the first earlier plan that had decided this one by its own rule."""
    trials = [planned_trials(results.arm(name)) for name in arms]
    known = results.cache.setdefault(_BEFORE, {})
    for plan in judged.earlier:
        key = plan.study, plan.run, metric
        if key not in known:
            try:
                earlier = load(results.store, plan.study, plan.run, noted=False)
                # Its own earlier plans are this one's, too: each is read once.
                earlier.cache[_BEFORE] = known
                known[key] = earlier, compare_arms(earlier, metric)
            except AnalysisError:
                known[key] = None, {}
        earlier, compared = known[key]
        for each in compared.values():
            theirs = [planned_trials(earlier.arm(name)) for name in (each.arm, each.reference)]
            same = all(not a.isdisjoint(b) for a, b in zip(trials, theirs, strict=True))
            if same and each.rule != "always-valid":
                # Of all plans the first alone has its own rule; those after it are looked at again.
                return each if each.decided else None
    return None


def _seconds_per_seed(results: StudyResults, arm: str) -> float:
    if results.repetitions > 1:  # a replicate is a search with its confirmation
        return sum(trial.seconds for trial in results.arm(arm).trials) / results.repetitions
    taken = [trial.seconds for trial in results.arm(arm).phase("confirm") if trial.is_whole]
    return sum(taken) / len(taken) if taken else 0.0
