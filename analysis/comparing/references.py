"""Which arm each arm is compared with.

An arm that carries the factor under test (RN + L-Softmax) is compared with the arm that is the
same without it (L-Softmax); an arm without the factor with the baseline of its data set.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from incay.analysis.results.study import Arm, StudyResults
from incay.trainables import names

_INCAY = (names.INCAY,)


def references(results: StudyResults) -> dict[str, str]:
    """Return the reference of every arm that has one, by name.

    The factor is the one that the study declares, else incay, which the papers add to every
    loss.
    """
    factor = results.factor or _INCAY
    found = {}
    for arm in results.arms:
        reference = _reference(results, arm, factor)
        if reference is not None and not same_trials(arm, reference):
            found[arm.name] = reference.name
    return found


def _reference(results: StudyResults, arm: Arm, factor: tuple[str, ...]) -> Arm | None:
    baseline = results.arm(results.baseline)
    others = [other for other in results.arms if other is not arm]
    if not _off(arm, baseline, factor):
        rest = _settings(arm, exclude=factor)
        for other in others:
            if _off(other, baseline, factor) and _settings(other, exclude=factor) == rest:
                return other
    peers = [other for other in results.arms if _context(other) == _context(arm)]
    if baseline in peers:
        first = baseline
    else:
        plain = [p for p in peers if p.setting(names.LOSS) == baseline.setting(names.LOSS)]
        bare = [p for p in plain if _off(p, baseline, factor)]
        first = (bare or plain or peers)[0]
    return None if first is arm else first


def _off(arm: Arm, baseline: Arm, factor: tuple[str, ...]) -> bool:
    """Whether an arm leaves the factor as the baseline has it; λ = 0 is no incay at all."""
    if factor == _INCAY and not names.incay_is_on(arm.settings):
        return True
    return _settings(arm, only=factor) == _settings(baseline, only=factor)


def _context(arm: Arm) -> tuple[Any, ...]:
    return arm.setting(names.DATASET), arm.setting(names.NETWORK)


def _settings(
    arm: Arm, only: tuple[str, ...] | None = None, exclude: tuple[str, ...] = ()
) -> dict[str, Any]:
    return {
        name: value
        for name, value in flat_settings(arm).items()
        if (only is None or names.within(name, only)) and not names.within(name, exclude)
    }


def flat_settings(arm: Arm) -> dict[str, Any]:
    """Return what an arm was asked to be by dotted name; its difference where no more is known."""
    return names.flatten(arm.config) if arm.config else dict(arm.difference)


def shared_settings(arms: Sequence[Arm]) -> dict[str, Any]:
    """Return the settings that all arms have and that none searches, by dotted name."""
    first, *others = [flat_settings(arm) for arm in arms]
    searched = {name for arm in arms for name in arm.search}
    return {
        name: value
        for name, value in first.items()
        if name not in searched and all(name in each and each[name] == value for each in others)
    }


def planned_trials(arm: Arm) -> frozenset[str]:
    """Return the fingerprints of an arm's replicates, however they ended."""
    return frozenset(trial.fingerprint for trial in arm.phase("confirm"))


def same_trials(first: Arm, second: Arm) -> bool:
    """Return whether two arms are the same trials, as λ = 0 and the plain loss are.

    One of them may have gone on to more seeds.
    """
    mine, others = planned_trials(first), planned_trials(second)
    return bool(mine and others) and (mine <= others or others <= mine)
