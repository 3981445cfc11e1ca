"""Schedules against torch's own over 50 steps, and against hand-made cases."""

from __future__ import annotations

import warnings
from collections.abc import Callable

import pytest
import torch
from torch.optim import lr_scheduler as theirs

from incay.testing import check_schedule
from incay.trainables.schedules import ScheduleSettings, schedules
from incay.trainables.schedules.constant import ConstantSettings
from incay.trainables.schedules.cosine import CosineSettings
from incay.trainables.schedules.linear import LinearSettings
from incay.trainables.schedules.one_cycle import OneCycleSettings
from incay.trainables.schedules.plateau import PlateauSettings
from incay.trainables.schedules.polynomial import PolynomialSettings
from incay.trainables.schedules.step import StepSettings

STEPS = 50
Make = Callable[[torch.optim.Optimizer], theirs.LRScheduler]


def warmed(after: Make) -> Make:
    """Ten steps of warm-up before another scheduler."""

    def make(optimizer: torch.optim.Optimizer) -> theirs.LRScheduler:
        rise = theirs.LinearLR(optimizer, start_factor=0.1, end_factor=1.0, total_iters=9)
        return theirs.SequentialLR(optimizer, [rise, after(optimizer)], milestones=[10])

    return make


CASES: dict[str, tuple[ScheduleSettings, Make]] = {
    "step": (
        StepSettings(milestones=(20, 35), factor=0.3),
        lambda o: theirs.MultiStepLR(o, [20, 35], gamma=0.3),
    ),
    "constant": (ConstantSettings(), lambda o: theirs.ConstantLR(o, factor=1.0)),
    "cosine": (
        CosineSettings(floor=0.1),
        lambda o: theirs.CosineAnnealingLR(o, T_max=STEPS, eta_min=0.1),
    ),
    "restarts": (
        CosineSettings(restarts=4),
        lambda o: theirs.CosineAnnealingWarmRestarts(o, T_0=10),
    ),
    "longer cycles": (
        CosineSettings(restarts=1, growth=4.0, floor=0.2),
        lambda o: theirs.CosineAnnealingWarmRestarts(o, T_0=10, T_mult=4, eta_min=0.2),
    ),
    "linear": (
        LinearSettings(floor=0.25),
        lambda o: theirs.LinearLR(o, start_factor=1.0, end_factor=0.25, total_iters=STEPS),
    ),
    "polynomial": (
        PolynomialSettings(power=0.9),
        lambda o: theirs.PolynomialLR(o, total_iters=STEPS, power=0.9),
    ),
    "one cycle": (
        OneCycleSettings(),
        lambda o: theirs.OneCycleLR(o, 1.0, total_steps=STEPS, cycle_momentum=False),
    ),
    "one cycle, straight": (
        OneCycleSettings(warmup=0.4, div=10.0, final_div=100.0, anneal="linear"),
        lambda o: theirs.OneCycleLR(
            o,
            1.0,
            total_steps=STEPS,
            pct_start=0.4,
            div_factor=10.0,
            final_div_factor=100.0,
            anneal_strategy="linear",
            cycle_momentum=False,
        ),
    ),
    "warm cosine": (
        CosineSettings(warmup=10),
        warmed(lambda o: theirs.CosineAnnealingLR(o, T_max=40)),
    ),
    "warm linear": (
        LinearSettings(warmup=0.2, floor=0.5),
        warmed(lambda o: theirs.LinearLR(o, start_factor=1.0, end_factor=0.5, total_iters=40)),
    ),
    "warm polynomial": (
        PolynomialSettings(warmup=10, power=2.0),
        warmed(lambda o: theirs.PolynomialLR(o, total_iters=40, power=2.0)),
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_it_has_the_rates_of_torchs_own(name: str) -> None:
    settings, make = CASES[name]
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=1.0)
    found, expected = settings.build(STEPS), []
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of its own calls, in SequentialLR
        scheduler = make(optimizer)
        for _ in range(STEPS):
            expected.append(optimizer.param_groups[0]["lr"])
            optimizer.step()
            scheduler.step()
    assert [found.factor(step) for step in range(STEPS)] == pytest.approx(expected, abs=1e-9)


@pytest.mark.parametrize("kind", sorted(schedules))
@pytest.mark.parametrize("warmup", [0, 2, 0.25])
def test_it_keeps_what_every_schedule_must_keep(kind: str, warmup: int | float) -> None:
    assert check_schedule(schedules[kind](warmup=warmup)) == ""


def test_step_falls_at_steps_and_fractions() -> None:
    schedule = StepSettings(milestones=(5000, 0.75)).build(10_000)
    found = [schedule.factor(step) for step in (0, 4999, 5000, 7499, 7500)]
    assert found == pytest.approx([1.0, 1.0, 0.1, 0.1, 0.01])


def test_milestones_count_from_the_beginning_of_the_run() -> None:
    schedule = StepSettings(milestones=(5,), warmup=4).build(10)
    found = [schedule.factor(step) for step in range(7)]
    assert found == pytest.approx([0.25, 0.5, 0.75, 1.0, 1.0, 0.1, 0.1])


def test_plateau_falls_when_the_training_error_stops_decreasing() -> None:
    schedule = PlateauSettings(patience=2, drops=2, min_delta=0.001).build(100)
    factors = []
    for error in (50.0, 40.0, 39.95, 40.0, 30.0, 30.0, 30.0, 30.0, 30.0, 30.0):
        schedule.report(error)
        factors.append(schedule.factor(0))
    # 39.95 is not 0.1 points below 40; the third drop is not allowed.
    assert factors == pytest.approx([1, 1, 1, 0.1, 0.1, 0.1, 0.01, 0.01, 0.01, 0.01])


@pytest.mark.parametrize("warmup", [0, 30])
def test_plateau_resumes(warmup: int) -> None:
    settings = PlateauSettings(patience=2, warmup=warmup)
    whole, first = settings.build(100), settings.build(100)
    for error in (50.0, 50.0):
        whole.report(error)
        first.report(error)
    second = settings.build(100)
    second.load_state_dict(first.state_dict())
    whole.report(50.0)
    second.report(50.0)
    assert whole.factor(50) == second.factor(50) == pytest.approx(0.1)


@pytest.mark.parametrize("milestones", [(0,), (1.5,), (-3,)])
def test_milestones_out_of_range_are_refused(milestones: tuple[float, ...]) -> None:
    with pytest.raises(ValueError, match="milestone"):
        StepSettings(milestones=milestones)


@pytest.mark.parametrize("warmup", [-1, 1.5, -0.1])
def test_a_warm_up_is_steps_or_a_share(warmup: float) -> None:
    with pytest.raises(ValueError, match="warmup is 0, a number of steps or a share"):
        ConstantSettings(warmup=warmup)


def test_a_warm_up_may_be_as_long_as_the_run() -> None:
    for kind in {*schedules} - {"step"}:  # which falls at its milestones all the same
        schedule = schedules[kind](warmup=100).build(10)
        assert [schedule.factor(step) for step in range(10)] == sorted(
            schedule.factor(step) for step in range(10)
        )
