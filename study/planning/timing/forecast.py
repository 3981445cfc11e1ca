"""How long what is left of a study takes on this machine, from the pace of its trials."""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from incay.study.hardware import cpu_count, gpu_count
from incay.study.planning.plan_table import ArmPlan
from incay.study.planning.timing.durations import duration
from incay.study.spec.arms.stopping import may_end_early
from incay.study.spec.study import StudySpec
from incay.trainables.config import TrialConfig

START_SECONDS = 10.0
"""What a run takes besides its trials: Ray's start, the first workers, the last results.

Measured on two cores (docs/overheads.md); it matters only for studies of a few minutes.
"""


@dataclass(frozen=True)
class Forecast:
    """What a study's trials take.

    Attributes:
        total: Seconds of training, all trials one after another.
        left: Seconds of training of those without a result.
        wall: Seconds until `incay run` ends with all of them trained.
    """

    total: float
    left: float
    wall: float


def trials_at_once(spec: StudySpec, cpus: float | None, gpus: float | None) -> int:
    """Return how many trials of a study run at once on this machine.

    Args:
        spec: The study.
        cpus: CPUs to use; None for all.
        gpus: GPUs to use; None for all.
    """
    wanted = spec.resources
    fitting = (cpus or cpu_count()) // wanted.cpu
    if wanted.gpu:
        fitting = min(fitting, (gpus if gpus is not None else gpu_count()) // wanted.gpu)
    return int(fitting)


def first_workers(spec: StudySpec, cpus: float | None) -> int:
    """Return how many workers a run on this machine had best begin with.

    None where trials want a GPU: that a worker imports PyTorch before it is given one has not been
    tried.

    Args:
        spec: The study.
        cpus: CPUs to use; None for all.
    """
    if spec.resources.gpu:
        return 0
    first = spec.budget.parallel if spec.searches else spec.looks[0]
    # Of trials that take part of a CPU hundreds may run at once; to start them takes a whole one.
    most = int(cpus or cpu_count())
    return min(most, trials_at_once(spec, cpus, None), len(spec.arms) * first)


def forecast(
    plans: Iterable[ArmPlan], seconds: Callable[[TrialConfig], float], at_once: int
) -> Forecast:
    """Return how long a study takes.

    Args:
        plans: Its arms, with how many of their trials are finished; a search's come first.
        seconds: Returns the seconds of one trial.
        at_once: How many trials run at once.
    """
    total, search, confirm = 0.0, [], []
    for plan in plans:
        in_search = [seconds(config) for config in plan.search]
        fixed = [seconds(config) for config in plan.confirm]
        total += sum(in_search) + sum(fixed)
        search += in_search[plan.finished :]
        confirm += fixed[max(0, plan.finished - len(in_search)) :]
    wall = _makespan(search, at_once) + _makespan(confirm, at_once) + START_SECONDS
    return Forecast(total, sum(search) + sum(confirm), wall)


def forecast_text(spec: StudySpec, expected: Forecast, at_once: int) -> str:
    """Return the forecast in words, with what it leaves out."""
    hours = expected.left * spec.resources.gpu / 3600.0
    some = "for those that are left, " if expected.left < expected.total else ""
    some += "at most " if may_end_early(spec.arms) else ""
    left_out = ""
    if spec.searches and spec.budget.pruner != "none":
        left_out += "; pruning will save some of it"
    if spec.searches and spec.budget.race != "none" and spec.budget.trainings is None:
        left_out += "; the race will save some of it"
    if spec.budget.seconds is not None:
        left_out += f"; no arm's search takes more than {duration(spec.budget.seconds)}"
    if len(spec.looks) > 1:
        left_out += "; arms that are decided before the last look will save some of it"
    if may_end_early(spec.arms):
        left_out += "; early stopping may end trials sooner"
    if spec.resources.stack > 1:
        left_out += "; training in stacks is not estimated"
    return (
        f"estimated: {some}{duration(expected.left)} one after another"
        f"{f' ({hours:.1f} GPU-hours)' if hours else ''}, about "
        f"{duration(expected.wall)} with {at_once} at once on this machine, start included "
        f"(measured over a few steps of each kind of trial, that many at once{left_out})"
    )


def _makespan(spans: Sequence[float], at_once: int) -> float:
    """Return when the last ends if each begins as soon as an earlier one leaves room."""
    free_at = [0.0] * max(1, at_once)
    for span in spans:
        heapq.heapreplace(free_at, free_at[0] + span)
    return max(free_at)
