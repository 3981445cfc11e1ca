"""What a study would do, arm by arm; nothing runs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from incay.study.planning.checks.newer_records import refuse_newer_records
from incay.study.planning.data_catalog import DataCatalog
from incay.study.planning.status import trial_status
from incay.study.planning.trials import PlannedTrial, Planner, WaitingTrial, confirm_config
from incay.study.spec.searches.grid import grid_trials
from incay.study.spec.settings import dotted
from incay.study.spec.study import Arm, StudySpec
from incay.trainables.config import TrialConfig
from incay.trainables.store.books import Books
from incay.trainables.store.endings import Ending
from incay.trainables.store.trials import Store

_ALWAYS_SHOWN = ("dataset", "network", "loss", "optimizer.lr", "batch_size", "steps")


@dataclass(frozen=True)
class ArmPlan:
    """What a study asks of one arm.

    Attributes:
        arm: The arm.
        search: Configurations of its search trials: the starting point, as often as the budget
            says.
        confirm: Configurations of its confirm trials; for a searched arm, with its starting
            values.
        finished: How many of them have a result. Later points of a search are not counted:
            they depend on results.
    """

    arm: Arm
    search: list[TrialConfig]
    confirm: list[TrialConfig]
    finished: int


class PlanRow(NamedTuple):
    """An arm's plan in words, one text for each column of a table.

    Attributes:
        arm: The arm's name.
        difference: What differs from the baseline, a setting a line.
        searched: What is searched, a setting a line.
        trials: How many, those of a search apart.
        steps: Of each trial.
        finished: How many have a result; empty for none.
    """

    arm: str
    difference: str
    searched: str
    trials: str
    steps: str
    finished: str


def plan_arms(spec: StudySpec, data: DataCatalog, store: Store) -> list[ArmPlan]:
    """Return the plan of every arm; nothing runs."""
    planner = Planner(spec, data)
    confirm = planner.confirm_trials()
    books = Books(store, spec.name, spec.run)
    refuse_newer_records(store, planner, books)
    rows = books.trials()
    plans = []
    for arm in spec.arms:
        own = [trial for trial in confirm if trial.arm == arm.name]
        configs = [confirm_config(spec, arm, trial.number, {}) for trial in own]
        if arm.search:
            search = _search_configs(spec, arm, planner)
            again = (planner.again(arm, row) for row in rows if row.arm == arm.name)
            asked = [trial.fingerprint for trial in again]
        else:
            search = []
            asked = [name for trial in own if (name := _fingerprint(store, trial))]
        done = sum(_is_finished(store, name) for name in asked)
        plans.append(ArmPlan(arm, search, configs, done))
    return plans


def plan_rows(plans: Iterable[ArmPlan]) -> list[PlanRow]:
    """Return the plans in words."""
    return [
        PlanRow(
            plan.arm.name,
            _settings_text(plan.arm.difference),
            _settings_text(plan.arm.search),
            f"{len(plan.search)} + {len(plan.confirm)}" if plan.search else f"{len(plan.confirm)}",
            f"{plan.arm.config.steps:,}",
            str(plan.finished or ""),
        )
        for plan in plans
    ]


def shared_settings(spec: StudySpec) -> str:
    """Return the settings that all arms share: what matters most, and what is no default."""
    shown = [_shown(arm) for arm in spec.arms]
    searched = {name for arm in spec.arms for name in arm.search}
    same = {
        name: value
        for name, value in shown[0].items()
        if name not in searched and all(name in each and each[name] == value for each in shown)
    }
    return ", ".join(f"{name}={value}" for name, value in same.items()) or "nothing the same"


def _search_configs(spec: StudySpec, arm: Arm, planner: Planner) -> list[TrialConfig]:
    start = dotted(arm.config)
    params = {name: start[name] for name in arm.search if name in start}
    trials = spec.budget.trials
    if spec.budget.sampler == "grid":
        trials = grid_trials(arm.spaces, trials)
    return [planner.search_trial(arm, 0, params).config] * trials


def _fingerprint(store: Store, trial: PlannedTrial | WaitingTrial) -> str:
    """Return a trial's fingerprint; nothing where it waits for another's norm."""
    if isinstance(trial, PlannedTrial):
        return trial.fingerprint
    if not _is_finished(store, trial.needs.fingerprint):
        return ""
    record = store.read_record(trial.needs.fingerprint)
    return trial.resolve(record).fingerprint if record is not None else ""


def _is_finished(store: Store, fingerprint: str) -> bool:
    status = trial_status(store, fingerprint)
    return isinstance(status, Ending) and status.is_final


def _settings_text(values: Mapping[str, Any]) -> str:
    return "\n".join(f"{name}={value}" for name, value in values.items())


def _shown(arm: Arm) -> dict[str, Any]:
    """Return an arm's settings that matter or are no default, components by their names."""
    config = arm.config
    default = dotted(
        TrialConfig(
            dataset=type(config.dataset)(), network=type(config.network)(), loss=type(config.loss)()
        )
    )
    values = {name.removesuffix(".name"): value for name, value in dotted(config).items()}
    return {
        name: value
        for name, value in values.items()
        if name in _ALWAYS_SHOWN or default.get(name) != value
    }
