"""What a study would do, and how far it is: the tables of ``incay plan`` and ``incay status``."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from rich.table import Table

from incay.study.planning.runs import variant
from incay.study.planning.trials import DataCatalog, PlannedTrial, Planner, confirm_config
from incay.study.spec.grid import grid_points
from incay.study.spec.ranges import parse_space
from incay.study.spec.settings import dotted
from incay.study.spec.study import Arm, StudySpec
from incay.trainables.config import TrialConfig
from incay.trainables.store.records import RecordError
from incay.trainables.store.trials import Store

_ENDINGS = (
    "completed",
    "pruned",
    "diverged",
    "failed",
    "interrupted",
    "damaged",
    "running",
    "waiting",
)


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


def plan_arms(spec: StudySpec, data: DataCatalog, store: Store) -> list[ArmPlan]:
    """Return the plan of every arm; nothing runs."""
    planner = Planner(spec, data)
    confirm = planner.confirm_trials()
    known = _known_rows(store, spec.name, spec.run)
    names = {trial.fingerprint for trial in confirm if isinstance(trial, PlannedTrial)}
    finished = set(_finished(store, names | set(known.values())))
    plans = []
    for arm in spec.arms:
        own = [trial for trial in confirm if trial.arm == arm.name]
        # A trial that waits for another's norm has a fingerprint only once it was planned.
        prints = [
            trial.fingerprint
            if isinstance(trial, PlannedTrial)
            else known.get((arm.name, "confirm", trial.number), "")
            for trial in own
        ]
        done = sum(name in finished for name in prints) if not arm.search else 0
        search: list[PlannedTrial] = []
        if arm.search:
            start = dotted(arm.config)
            params = {name: start[name] for name in arm.search if name in start}
            trials = spec.budget.trials
            if spec.budget.sampler == "grid":
                trials = min(trials, len(grid_points(arm.spaces)))
            search = [planner.search_trial(arm, 0, params)] * trials
            rows = {key: name for key, name in known.items() if key[0] == arm.name}
            done = sum(name in finished for name in rows.values())
        configs = [confirm_config(spec, arm, trial.number, {}) for trial in own]
        plans.append(ArmPlan(arm, [trial.config for trial in search], configs, done))
    return plans


def plan_table(spec: StudySpec, plans: Iterable[ArmPlan]) -> Table:
    """Return the plan as a table: arm, difference, search, trials, steps."""
    table = Table(title=f"{spec.name} · run {spec.run} · protocol {spec.header.protocol}")
    for name in ("arm", f"difference from {spec.baseline}", "searched"):
        table.add_column(name, overflow="fold")
    for name in ("trials", "steps each", "finished"):
        table.add_column(name, justify="right", no_wrap=True)
    for plan in plans:
        trials = f"{len(plan.search)} + {len(plan.confirm)}" if plan.search else len(plan.confirm)
        table.add_row(
            plan.arm.name,
            settings_text(plan.arm.difference),
            settings_text(plan.arm.search),
            str(trials),
            f"{plan.arm.config.steps:,}",
            str(plan.finished or ""),
        )
    return table


_ALWAYS_SHOWN = ("dataset", "network", "loss", "optimizer.lr", "batch_size", "steps")


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


def status_table(store: Store, name: str, run: str) -> Table:
    """Return how far a study is, from the store alone."""
    document = store.read_json(f"studies/{name}/{run}/study.json")
    assert document is not None
    rows = (store.read_json(f"studies/{name}/{run}/trials.json") or {"trials": []})["trials"]
    statuses = {row["fingerprint"]: _status(store, row["fingerprint"]) for row in rows}
    counted = {
        (arm["name"], phase, total): Counter(
            statuses[row["fingerprint"]]
            for row in rows
            if row["arm"] == arm["name"] and row["phase"] == phase
        )
        for arm in document["arms"]
        for phase, total in _totals(document, arm)
    }
    seen = sum(counted.values(), Counter())
    shown = [ending for ending in _ENDINGS if seen[ending] or ending == "completed"]
    table = Table(title=f"{name} · run {run} · {variant(store, name, run)}")
    table.add_column("arm")
    table.add_column("phase")
    table.add_column("trials", justify="right")
    for ending in shown:
        table.add_column(ending, justify="right")
    for (arm, phase, total), counts in counted.items():
        table.add_row(arm, phase, str(total), *(str(counts[ending] or "") for ending in shown))
    return table


def _totals(document: Mapping[str, Any], arm: Mapping[str, Any]) -> Iterator[tuple[str, int]]:
    """Yield the phases of an arm, each with its number of trials."""
    if arm["search"]:
        trials = document["budget"]["trials"]
        if document["budget"]["sampler"] == "grid":
            spaces = {name: parse_space(notation) for name, notation in arm["search"].items()}
            trials = min(trials, len(grid_points(spaces)))
        yield "search", trials
    yield "confirm", document["replicates"]


def settings_text(values: Any) -> str:
    """Return settings as ``name=value`` lines."""
    return "\n".join(f"{name}={value}" for name, value in dict(values).items())


def _known_rows(store: Store, name: str, run: str) -> dict[tuple[str, str, int], str]:
    rows = (store.read_json(f"studies/{name}/{run}/trials.json") or {"trials": []})["trials"]
    return {(row["arm"], row["phase"], row["number"]): row["fingerprint"] for row in rows}


def _finished(store: Store, fingerprints: set[str]) -> Iterable[str]:
    for name in fingerprints:
        if _status(store, name) in ("completed", "pruned", "diverged"):
            yield name


def _status(store: Store, fingerprint: str) -> str:
    try:
        record = store.read_record(fingerprint)
    except RecordError:
        return "damaged"
    if record is not None:
        return record.status
    return "running" if store.read_progress(fingerprint) is not None else "waiting"
