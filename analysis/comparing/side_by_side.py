"""Two studies arm by arm: what the second study's arm measures minus the first's.

Arms are matched by name. Where both studies trained an arm from the same seeds, the test is
paired; else it is Welch's. Which test holds depends on how often was looked
(`incay.analysis.comparing.between`).

The family of Holm's correction (see `incay.analysis.comparing.family`) is every pair of arms on
the same data. Arms that are the same trials in both studies are no comparison.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from statistics import fmean

from incay.analysis.comparing.between import Settled, at_any_time, settled
from incay.analysis.comparing.comparisons import ALPHA
from incay.analysis.comparing.family import correct
from incay.analysis.comparing.measure import Measurement, measure
from incay.analysis.comparing.references import planned_trials
from incay.analysis.errors import AnalysisError
from incay.analysis.results.study import Arm, StudyResults
from incay.analysis.statistics.paired import PairedTest, paired_test
from incay.analysis.statistics.welch import welch_test
from incay.trainables import names
from incay.trainables.metrics import ERROR


@dataclass(frozen=True, kw_only=True)
class ArmDifference:
    """The second study's arm - the first's.

    Attributes:
        value: Difference of means, over the common seeds where it is paired.
        half_width: Half its 95% interval, None where nothing is known of the spread.
        no_spread: Whether that is because there are several values, all the same number.
        p: Two-sided p-value, None likewise and of arms that are the same trials.
        n: Seeds behind it.
        how: How they were compared, in words.
    """

    value: float
    half_width: float | None = None
    no_spread: bool = False
    p: float | None = None
    n: int
    how: str


@dataclass(frozen=True, kw_only=True)
class ArmPair:
    """An arm's name in two studies.

    Attributes:
        name: The name.
        first: The first study's measurement, None where it has no such arm.
        second: The second's, likewise.
        difference: None where it cannot be told.
        adjusted_p: Holm's p-value in the family, None where `difference` has none.
    """

    name: str
    first: Measurement | None
    second: Measurement | None
    difference: ArmDifference | None = None
    adjusted_p: float | None = None

    @property
    def decided(self) -> bool:
        """Whether the test supports a difference."""
        return self.adjusted_p is not None and self.adjusted_p < ALPHA


@dataclass(frozen=True, kw_only=True)
class SideBySide:
    """Two studies.

    Attributes:
        metric: What is compared.
        pairs: Every arm of either, those of the first study first.
        family: How many comparisons the studies plan.
    """

    metric: str
    pairs: tuple[ArmPair, ...]
    family: int


def compare_studies(first: StudyResults, second: StudyResults) -> SideBySide:
    """Return the error of all arms of two studies, and the differences where both have one.

    Raises:
        AnalysisError: The studies were evaluated on different splits, or share no arm.
    """
    if first.split != second.split:
        raise AnalysisError(
            f"both studies must be read on the same split, but {first.name} ({first.run}) is on "
            f"{first.split} and {second.name} ({second.run}) on {second.split}"
        )
    of_first, of_second = ({arm.name: arm for arm in study.arms} for study in (first, second))
    common = [name for name in of_first if name in of_second]
    if not common:
        raise AnalysisError(
            f"studies must share an arm to be compared, but {first.name} has "
            f"{', '.join(of_first)} and {second.name} has {', '.join(of_second)}"
        )
    metric = ERROR.of(first.split)
    one = {name: measure(first, arm, metric) for name, arm in of_first.items()}
    other = {name: measure(second, arm, metric) for name, arm in of_second.items()}
    both = {name: (of_first[name], of_second[name]) for name in common}
    found = {
        name: _difference(
            *both[name],
            one[name],
            other[name],
            settled((first, of_first[name]), (second, of_second[name])),
        )
        for name in common
    }
    family = correct(
        {name: arms for name, arms in both.items() if _same_data(*arms) and not _shared(*arms)},
        {name: each.p for name, each in found.items() if each is not None},
    )
    pairs = tuple(
        ArmPair(
            name=name,
            first=one.get(name),
            second=other.get(name),
            difference=found.get(name),
            adjusted_p=family.adjusted.get(name),
        )
        for name in dict.fromkeys((*of_first, *of_second))
    )
    return SideBySide(metric=metric, pairs=pairs, family=family.size)


def _same_data(first: Arm, second: Arm) -> bool:
    """Return whether two arms are of one data set: errors on others say nothing of them."""
    return bool(first.setting(names.DATASET) == second.setting(names.DATASET))


def _shared(first: Arm, second: Arm) -> frozenset[str]:
    """Return the trials that are both arms'.

    An arm's replicates differ in their seed alone, so that arms which share a trial are the same.
    """
    return planned_trials(first) & planned_trials(second)


def _difference(
    mine: Arm, theirs: Arm, one: Measurement, other: Measurement, rule: Settled
) -> ArmDifference | None:
    if not one.values or not other.values or not _same_data(mine, theirs):
        return None
    shared = _shared(mine, theirs)
    if shared:
        measured = shared.intersection(one.trials, other.trials)
        most = max(len(one.values), len(other.values))
        if len(measured) == most:
            return ArmDifference(value=0.0, n=most, how="the same trials")
        # One has gone on to more seeds: the means differ by these, and by nothing else.
        difference = fmean(other.values.values()) - fmean(one.values.values())
        how = f"the same trials, {len(measured)} of {most}"
        return ArmDifference(value=difference, n=len(measured), how=how)
    seeds = _by_seed(theirs, other), _by_seed(mine, one)
    paired = paired_test(*seeds)
    if paired is not None and paired.n >= min(2, len(one.values), len(other.values)):
        if rule.waits:
            paired = replace(paired, p=None)
        elif not rule.fixed:
            paired = at_any_time(paired, *seeds, rule.share)
        return ArmDifference(
            value=paired.difference,
            half_width=paired.half_width,
            no_spread=paired.n > 1 and not paired.spreads,
            p=paired.p,
            n=paired.n,
            how=_paired(paired, rule),
        )
    test = welch_test(list(other.values.values()), list(one.values.values()))
    n = min(len(one.values), len(other.values))
    unknown = "no spread" if n > 1 else "too few seeds"
    if test.p is not None and (rule.waits or not rule.fixed):
        why = rule.waits or "other seeds, and their number was not settled before looking"
        return ArmDifference(value=test.difference, n=n, how=f"not tested: {why}")
    return ArmDifference(
        value=test.difference,
        half_width=test.half_width,
        no_spread=test.p is None and n > 1,
        p=test.p,
        n=n,
        how="Welch's t" if test.p is not None else unknown,
    )


def _paired(test: PairedTest, rule: Settled) -> str:
    if test.n == 1:
        return "one common seed"
    if rule.waits:
        return f"not tested: {rule.waits}"
    if not rule.fixed:
        return f"always-valid, {test.n} common seeds"
    return f"{'paired t' if test.spreads else 'exact test of signs'}, {test.n} common seeds"


def _by_seed(arm: Arm, measurement: Measurement) -> Mapping[int, float]:
    """Return values by the seed that each replicate was trained from.

    Repeated searches have none: their values are means over seeds.
    """
    if any(trial.repetition for trial in arm.phase("confirm")):
        return {}
    seeds = {
        trial.number: names.look_up(trial.record.config, names.SEED)
        for trial in arm.phase("confirm")
        if trial.record is not None
    }
    return {
        seed: value
        for number, value in measurement.values.items()
        if isinstance(seed := seeds.get(number), int)
    }
