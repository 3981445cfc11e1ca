"""What a study would do, arm by arm; nothing runs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, TypeVar

from incay.analysis.wording import counted
from incay.study.planning.checks.foreign_records import refuse_foreign_records
from incay.study.planning.data_catalog import DataCatalog
from incay.study.planning.timing.durations import epochs_text
from incay.study.planning.trials import PlannedTrial, Planner, WaitingTrial, confirm_config
from incay.study.spec.arms.stopping import can_stop, may_end_early
from incay.study.spec.searches.grid import grid_trials
from incay.study.spec.settings import dotted
from incay.study.spec.study import Arm, StudySpec
from incay.trainables.config import COMPONENTS, WITHIN, TrialConfig
from incay.trainables.data import DatasetSettings
from incay.trainables.names import BATCH_SIZE, NAMING, within
from incay.trainables.store.books import Books
from incay.trainables.store.reading.damage import RecordError
from incay.trainables.store.records import TrialRecord
from incay.trainables.store.shapes import TrialRow
from incay.trainables.store.trials import Store

_OfArm = TypeVar("_OfArm", PlannedTrial | WaitingTrial, TrialRow)
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
        least: How many confirm trials it has at least: those of the first look.
        images: Training images of its data set, of which an epoch is made.
    """

    arm: Arm
    search: list[TrialConfig]
    confirm: list[TrialConfig]
    finished: int
    least: int
    images: int

    @property
    def stops_early(self) -> bool:
        """Whether its trials may end before their last step."""
        return can_stop(self.arm)


class PlanRow(NamedTuple):
    """An arm's plan in words, one text for each column of a table.

    Attributes:
        arm: The arm's name.
        difference: What differs from the baseline, a setting a line.
        searched: What is searched, a setting a line.
        trials: How many, those of a search apart.
        steps: Of each trial; at most, where it may stop early.
        epochs: The same in epochs of all training images, held out or not.
        finished: How many have a result; empty for none.
    """

    arm: str
    difference: str
    searched: str
    trials: str
    steps: str
    epochs: str
    finished: str


def plan_arms(spec: StudySpec, data: DataCatalog, store: Store) -> list[ArmPlan]:
    """Return the plan of every arm; nothing runs."""
    planner = Planner(spec, data)
    confirm = planner.confirm_trials()
    books = Books(store, spec.name, spec.run)
    recorded = refuse_foreign_records(store, planner, books)
    rows = books.trials()
    listed = _by_arm(rows)
    trials = _by_arm(confirm)
    is_over = books.search_is_over(rows)
    plans = []
    for arm in spec.arms:
        configs = [
            trial.config
            if isinstance(trial, PlannedTrial)
            else confirm_config(spec, arm, trial.number, {})
            for trial in trials[arm.name]
        ]
        if arm.search:
            search = _search_configs(spec, arm, planner)
            of_arm = listed.get(arm.name, ())
            if spec.budget.race != "none" and is_over:  # the rest is spared
                search = search[: sum(row.phase == "search" for row in of_arm)]
            asked = [planner.again(arm, row).fingerprint for row in of_arm]
        else:
            search = []
            asked = _fingerprints(store, trials[arm.name])
        others = [name for name in asked if name not in recorded]
        recorded |= zip(others, store.find_records(others), strict=True)
        done = sum(_is_finished(recorded[name]) for name in asked)
        images = training_images(arm.config.dataset, data)
        plans.append(ArmPlan(arm, search, configs, done, spec.looks[0], images))
    return plans


def plan_rows(plans: Iterable[ArmPlan]) -> list[PlanRow]:
    """Return the plans in words."""
    return [
        PlanRow(
            plan.arm.name,
            _settings_text(plan.arm.difference),
            _ranges_text(plan.arm.search),
            f"{len(plan.search)} + {_confirmed(plan)}" if plan.search else _confirmed(plan),
            f"{'at most ' if plan.stops_early else ''}{plan.arm.config.steps:,}",
            "by batch_size" if BATCH_SIZE in plan.arm.search else _epochs_of(plan),
            str(plan.finished or ""),
        )
        for plan in plans
    ]


def totals_told(spec: StudySpec, plans: Iterable[ArmPlan]) -> str:
    """Return how many trials and steps a study has in all, at most where it may end before."""
    listed = list(plans)
    configs = [config for plan in listed for config in (*plan.search, *plan.confirm)]
    finished = sum(plan.finished for plan in listed)
    trials = f"{'' if len(spec.looks) == 1 else 'at most '}{counted(len(configs), 'trial')}"
    steps = f"{sum(config.steps for config in configs):,} steps in all"
    most = "at most " if may_end_early(spec.arms) and len(spec.looks) == 1 else ""
    done = f"; {finished} are finished" if finished else ""
    return f"{trials}, {most}{steps}{done}"


def _epochs_of(plan: ArmPlan) -> str:
    config = plan.arm.config
    return epochs_text(config.steps * config.batch_size / plan.images)


def _confirmed(plan: ArmPlan) -> str:
    """Return how many confirm trials an arm has; at most, where it may be decided before."""
    least, most = plan.least, len(plan.confirm)
    return f"{most}" if least == most else f"{least} to {most}"


def shared_settings(spec: StudySpec, data: DataCatalog) -> str:
    """Return the settings that all arms share: what matters most, and what is no default."""
    shown = [_shown(arm, data) for arm in spec.arms]
    searched = {name for arm in spec.arms for name in arm.search}
    # Of a component that a search chooses, the arms' own settings are not what all train with.
    chosen = [name.partition(".")[0] for name in NAMING if name in searched]
    same = {
        name: value
        for name, value in shown[0].items()
        if name not in searched and not within(name, chosen)
        if all(name in each and each[name] == value for each in shown)
    }
    return ", ".join(f"{name}={value}" for name, value in same.items()) or "nothing the same"


def _in_numbers(config: TrialConfig, data: DataCatalog) -> dict[str, Any]:
    """Return what settings that are a rule or a share come to."""
    found: dict[str, Any] = {}
    if config.optimizer.lr_rule != "none":
        rate = config.optimizer.base_lr(config.batch_size)
        found["learning rate by that rule"] = f"{rate:.4g}"
    given, steps = config.schedule.warmup, config.schedule.warmup_steps(config.steps)
    if given:
        images = training_images(config.dataset, data)
        epochs = f"{epochs_text(steps * config.batch_size / images)} epochs"
        share = f"{given:g} ({steps:,} steps, " if isinstance(given, float) else f"{given} ("
        found["schedule.warmup"] = f"{share}{epochs})"
    return found


def training_images(dataset: DatasetSettings, data: DataCatalog) -> int:
    """Return how many images an epoch has: as published, as `epochs` counts, or as they lie there.

    Those that are held out for validation count as well.
    """
    if dataset.published_counts is not None:
        return dataset.published_counts[0]
    return len(data.load(dataset).train.labels)


def _search_configs(spec: StudySpec, arm: Arm, planner: Planner) -> list[TrialConfig]:
    start = dotted(arm.config)
    params = {name: start[name] for name in arm.search if name in start}
    points = spec.budget.points
    if spec.budget.sampler == "grid":
        points = grid_trials(arm.spaces, points)
    trainings = min(points * spec.budget.seeds, spec.budget.most)
    return [planner.search_trial(arm, 0, params).config] * trainings * spec.repetitions


def _by_arm(rows: Iterable[_OfArm]) -> dict[str, list[_OfArm]]:
    found: dict[str, list[_OfArm]] = {}
    for row in rows:
        found.setdefault(row.arm, []).append(row)
    return found


def _fingerprints(store: Store, trials: Sequence[PlannedTrial | WaitingTrial]) -> list[str]:
    """Return the trials' fingerprints, of those that wait for a norm that there is."""
    names = [trial.fingerprint for trial in trials if isinstance(trial, PlannedTrial)]
    waiting = [trial for trial in trials if isinstance(trial, WaitingTrial)]
    needed = store.find_records([trial.needs.fingerprint for trial in waiting])
    for trial, record in zip(waiting, needed, strict=True):
        if isinstance(record, TrialRecord) and record.is_final:
            names.append(trial.resolve(record).fingerprint)
    return names


def _is_finished(record: TrialRecord | RecordError | None) -> bool:
    return isinstance(record, TrialRecord) and record.is_final


def _settings_text(values: Mapping[str, Any]) -> str:
    return "\n".join(f"{name}={value}" for name, value in values.items())


def _ranges_text(search: Mapping[str, Any]) -> str:
    """Return searched settings a line each, in the words of a study file."""
    lines = []
    for name, notation in search.items():
        space = notation if isinstance(notation, Mapping) else {"range": notation}
        when = [f"{it} is {' or '.join(_words(of))}" for it, of in space.get("when", {}).items()]
        values = space["range"]
        text = ", ".join(_words(values))
        told = f"[{text}]" if isinstance(values, list) else text
        lines.append(f"{name}={told}{' where ' if when else ''}{' and '.join(when)}")
    return "\n".join(lines)


def _words(values: Any) -> list[str]:
    """Return values, or a single one, as a study file writes them."""
    listed = values if isinstance(values, list) else [values]
    return ["none" if each is None else str(each) for each in listed]


def _shown(arm: Arm, data: DataCatalog) -> dict[str, Any]:
    """Return an arm's settings that matter or are no default, components by their names."""
    config, keys = arm.config, {}
    own = {kind: type(getattr(config, kind))() for kind in COMPONENTS}
    default = dotted(TrialConfig(**own))
    held = {(kind,): registry for kind, registry in COMPONENTS.items()} | dict(WITHIN)
    for path, registry in held.items():
        named = ".".join(path)
        keys[f"{named}.{registry.key}"] = named
        default[named] = registry.default
    values = {keys.get(name, name): value for name, value in dotted(config).items()}
    values |= _in_numbers(config, data)
    return {
        name: value
        for name, value in values.items()
        if name in _ALWAYS_SHOWN or default.get(name) != value
    }
