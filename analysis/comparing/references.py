"""Which arm each arm is compared with.

An arm that carries the factor under test (RN + L-Softmax) is compared with the arm that is the
same without it (L-Softmax); an arm without the factor with the baseline of its data set.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from incay.analysis.results.study import Arm, StudyResults

_INCAY = ("incay",)
_CONTEXT = ("dataset", "network")


def references(results: StudyResults) -> dict[str, str]:
    """Return the reference of every arm that has one, by name.

    The factor is the one that the study declares, else incay, which the papers add to every
    loss.
    """
    factor = results.factor or _INCAY
    found = {}
    for arm in results.arms:
        reference = _reference(results, arm, factor)
        if reference is not None and not _same_trials(arm, reference):
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
        plain = [p for p in peers if p.setting("loss.name") == baseline.setting("loss.name")]
        bare = [p for p in plain if _off(p, baseline, factor)]
        first = (bare or plain or peers)[0]
    return None if first is arm else first


def _off(arm: Arm, baseline: Arm, factor: tuple[str, ...]) -> bool:
    """Whether an arm leaves the factor as the baseline has it; λ = 0 is no incay at all."""
    if factor == _INCAY and arm.setting("incay.weight") in (0, None):
        return True
    mine = _settings(arm, only=factor)
    return mine == _settings(baseline, only=factor)


def _context(arm: Arm) -> tuple[Any, ...]:
    return tuple(arm.setting(f"{part}.name") for part in _CONTEXT)


def _settings(
    arm: Arm, only: tuple[str, ...] | None = None, exclude: tuple[str, ...] = ()
) -> dict[str, Any]:
    return {
        name: value
        for name, value in flat_settings(arm).items()
        if (only is None or _within(name, only)) and not _within(name, exclude)
    }


def flat_settings(arm: Arm) -> dict[str, Any]:
    """Return what an arm was asked to be by dotted name; its difference where no more is known."""
    return _flat(arm.config) if arm.config else dict(arm.difference)


def shared_settings(arms: Sequence[Arm]) -> dict[str, Any]:
    """Return the settings that all arms have and that none searches, by dotted name."""
    first, *others = [flat_settings(arm) for arm in arms]
    searched = {name for arm in arms for name in arm.search}
    return {
        name: value
        for name, value in first.items()
        if name not in searched and all(name in each and each[name] == value for each in others)
    }


def _within(name: str, parts: tuple[str, ...]) -> bool:
    return any(name == part or name.startswith(f"{part}.") for part in parts)


def _flat(config: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    flat: dict[str, Any] = {}
    for key, value in config.items():
        if isinstance(value, Mapping):
            flat |= _flat(value, f"{prefix}{key}.")
        else:
            flat[prefix + key] = value
    return flat


def _same_trials(first: Arm, second: Arm) -> bool:
    """Whether two arms are the same trials, as λ = 0 and the plain loss are."""
    mine = {trial.fingerprint for trial in first.phase("confirm")}
    return bool(mine) and mine == {trial.fingerprint for trial in second.phase("confirm")}
