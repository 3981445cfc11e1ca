"""What every schedule must keep: see `incay.trainables.schedules.base.Schedule`."""

from __future__ import annotations

import json
import math

from incay.trainables.conformance.claims import claim
from incay.trainables.conformance.small_trials import check_training, small_config, small_data
from incay.trainables.schedules import Schedule, ScheduleSettings

_REPORTS = 5


def check_schedule(settings: ScheduleSettings, *, steps: int = 60) -> str:
    """Check what every schedule must keep.

    That is: a finite factor of 0 or more for every step, the same from the same settings; a state
    of plain values, with which it goes on as one that was not interrupted; trials that train,
    resume and repeat themselves bit for bit.

    Args:
        settings: The schedule, as a study would set it.
        steps: Of the run that it is built for.

    Returns:
        Why its trials must train one by one where a study asks for stacks; nothing if they can be
        stacked.

    Raises:
        AssertionError: Something does not hold.
    """
    what = f"schedule {settings.name!r}"
    first = settings.build(steps)
    claim(isinstance(first, Schedule), f"{what}: build must return a Schedule", type(first))
    whole, half = _factors(first, 0, steps), settings.build(steps)
    again = _factors(half, 0, steps // 2)
    state = json.loads(json.dumps(half.state_dict()))
    later = settings.build(steps)
    later.load_state_dict(state)
    again += _factors(later, steps // 2, steps)
    for step, (factor, other) in enumerate(zip(whole, again, strict=True)):
        fits = isinstance(factor, int | float) and math.isfinite(factor) and factor >= 0.0
        claim(fits, f"{what}: the factor of step {step} must be a finite number >= 0", factor)
        must_hold = f"{what}: one that goes on from its state must give the same factors ({factor})"
        claim(factor == other, must_hold, f"{other} at step {step}")
    return check_training(what, small_config(schedule=settings), small_data())


def _factors(schedule: Schedule, start: int, end: int) -> list[float]:
    """Return factors of some steps, with reports of an error that stands still on the way."""
    found = []
    for step in range(start, end):
        found.append(schedule.factor(step))
        if (step + 1) % _REPORTS == 0:
            schedule.report(50.0)
    return found
