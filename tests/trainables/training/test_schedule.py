"""Learning-rate schedules against hand-made cases."""

from __future__ import annotations

import pytest

from incay.trainables.training.schedule import build_schedule
from incay.trainables.training.settings import ScheduleSettings


def test_step_schedule_falls_at_steps_and_fractions():
    schedule = build_schedule(ScheduleSettings(milestones=(5000, 0.75)), steps=10_000)
    assert schedule.factor(0) == 1.0
    assert schedule.factor(4999) == 1.0
    assert schedule.factor(5000) == pytest.approx(0.1)
    assert schedule.factor(7499) == pytest.approx(0.1)
    assert schedule.factor(7500) == pytest.approx(0.01)


def test_plateau_falls_when_the_training_error_stops_decreasing():
    settings = ScheduleSettings(kind="plateau", patience=2, drops=2, min_delta=0.001)
    schedule = build_schedule(settings, steps=100)
    factors = []
    for error in (50.0, 40.0, 39.95, 40.0, 30.0, 30.0, 30.0, 30.0, 30.0, 30.0):
        schedule.report(error)
        factors.append(schedule.factor(0))
    # 39.95 is not 0.1 points below 40; the third drop is not allowed.
    assert factors == pytest.approx([1, 1, 1, 0.1, 0.1, 0.1, 0.01, 0.01, 0.01, 0.01])


def test_plateau_resumes():
    settings = ScheduleSettings(kind="plateau", patience=2)
    whole, first = build_schedule(settings, 100), build_schedule(settings, 100)
    for error in (50.0, 50.0):
        whole.report(error)
        first.report(error)
    second = build_schedule(settings, 100)
    second.load_state_dict(first.state_dict())
    whole.report(50.0)
    second.report(50.0)
    assert whole.factor(0) == second.factor(0) == pytest.approx(0.1)


@pytest.mark.parametrize("milestones", [(0,), (1.5,), (-3,)])
def test_milestones_out_of_range_are_refused(milestones):
    with pytest.raises(ValueError, match="milestone"):
        ScheduleSettings(milestones=milestones)
