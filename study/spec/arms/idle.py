"""Settings that change nothing in a trial, because another one is off.

A base may hold them for arms that turn that one on, so they are told and not refused. What would be
compared or searched by them alone is refused.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from incay.trainables.config import TrialConfig
from incay.trainables.names import NEEDS, SCHEDULE, acts, flatten, look_up, nest
from incay.trainables.schedules.plateau import PlateauSettings
from incay.trainables.settings import to_dict

if TYPE_CHECKING:
    from incay.study.spec.arms.building import Arm


def idle(config: TrialConfig) -> dict[str, str]:
    """Return settings that are no default and change nothing: what keeps each from acting.

    Those of the incay term are left out: λ = 0 beside other weights is a study's own question.
    """
    values, plain = to_dict(config), _plain(config)
    found = {}
    for name, (switch, _) in NEEDS.items():
        if name in plain and look_up(values, name) != plain[name] and not acts(values, name):
            found[name] = f"{switch} is {look_up(values, switch)}"
    return found


def keeps_from_acting(arm: Arm, name: str) -> str:
    """Return why searching a setting changes nothing in an arm; empty where it does.

    Args:
        arm: The arm.
        name: A searched setting.
    """
    values = to_dict(arm.config)
    if acts(values, name) or NEEDS[name][0] in arm.search:
        return ""
    return f"{NEEDS[name][0]} is {look_up(values, NEEDS[name][0])}"


def computed(config: TrialConfig) -> TrialConfig:
    """Return the configuration with idle settings as their defaults."""
    found = idle(config)
    if not found:
        return config
    plain = _plain(config)
    values = {**flatten(to_dict(config)), **{name: plain[name] for name in found}}
    return TrialConfig.from_dict(nest(values))


def idle_told(arms: Iterable[Arm]) -> list[str]:
    """Return what a plan says of settings that change nothing, in any arm or in some."""
    listed = list(arms)
    each = [(idle(arm.config), arm.search) for arm in listed]
    told = [
        f"{name} ({why})"
        for name, why in each[0][0].items()
        if all(name in found and NEEDS[name][0] not in search for found, search in each)
    ]
    lines = [f"without effect: {', '.join(told)}"] if told else []
    never = [repr(arm.name) for arm in listed if _never_falls(arm)]
    if never:
        lines.append(
            f"the learning rate of {', '.join(never)} never falls: schedule.patience + 1 is not "
            "below reports"
        )
    return lines


def _never_falls(arm: Arm) -> bool:
    schedule, searched = arm.config.schedule, {SCHEDULE, "schedule.patience"} & arm.search.keys()
    # The first report is the best one so far, and after the last one nothing is trained.
    return (
        isinstance(schedule, PlateauSettings)
        and not searched
        and schedule.patience + 1 >= arm.config.reports
    )


def _plain(config: TrialConfig) -> dict[str, Any]:
    """Return the defaults of the settings that another one may keep from acting."""
    own, schedule = type(config.optimizer)(), type(config.schedule)()
    held = flatten(to_dict(replace(TrialConfig(), optimizer=own, schedule=schedule)))
    return {name: held[name] for name in NEEDS if name in held}
