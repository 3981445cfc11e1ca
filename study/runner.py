"""Runs a study: search, freeze, confirm, on Ray Tune. Running it again is how it resumes."""

from __future__ import annotations

import os
import tempfile
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from study.errors import HaltedError, UserError
from study.halt import Halt
from study.hardware import cpu_count, gpu_count
from study.kept_models import KeptModels
from study.lease import Lease
from study.ledger import Ledger
from study.monitor import Monitor, totals
from study.plan import DataCatalog, PlannedTrial, Planner, WaitingTrial
from study.spec import StudySpec
from study.work import FixedWork, SearchWork, Work
from trainables.data import DatasetSettings
from trainables.patience import patiently
from trainables.records import RecordError, TrialRecord
from trainables.store import Store


@dataclass(frozen=True)
class RunSummary:
    """What a run did.

    Attributes:
        started: Trials it trained.
        reused: Trials whose result was there already.
        endings: All of the study's trials by ending.
        interrupted: Whether somebody stopped it.
        without_winner: Arms whose search completed no trial.
        stuck: Trials that could not begin: the one whose norm they need did not complete.
        lost: How often a trial lost its worker and went on elsewhere.
        seconds: How long all of the study's trials have trained, one after another.
        gpu_hours: GPU-hours of that.
    """

    started: int
    reused: int
    endings: Counter[str]
    interrupted: bool
    without_winner: tuple[str, ...] = ()
    stuck: tuple[WaitingTrial, ...] = ()
    lost: int = 0
    seconds: float = 0.0
    gpu_hours: float = 0.0


class StudyRunner:
    """Runs one study.

    Args:
        spec: The study.
        store: Where results live.
        data: Its data sets.
        monitor: Counts what happens.
        cpus: CPUs to use on this machine; None for all.
        gpus: GPUs to use on this machine; None for all.
    """

    def __init__(
        self,
        spec: StudySpec,
        store: Store,
        data: DataCatalog,
        monitor: Monitor,
        *,
        cpus: float | None = None,
        gpus: float | None = None,
    ) -> None:
        self._spec = spec
        self._store = store
        self._data = data
        self._monitor = monitor
        self._cpus = cpus
        self._gpus = gpus
        self._planner = Planner(spec, data)
        self._ledger = Ledger(store, spec)
        self._lease = Lease(store, spec.name, spec.run)
        self._trials: list[PlannedTrial] = []
        self._halt = Halt()
        self._endings: Counter[str] = Counter()
        self._cost: dict[str, tuple[float, float]] = {}

    def run(self) -> RunSummary:
        """Train what has no result yet; return when all has ended or somebody interrupts.

        Raises:
            UserError: The machine cannot place a trial, frozen winners would change, or another
                process runs the study.
            DataError: A data set cannot be read.
            HaltedError: The store takes nothing more.
        """
        self._check_room()
        summary = None
        with self._halt.guard(), self._lease:
            summary = self._run()
        if self._halt.store_error or summary is None:
            raise HaltedError(
                f"results must be kept in {self._store.where('')}, but the store says: "
                f"{self._halt.store_error}. What is recorded is safe: mend it, and the same "
                "command goes on from here"
            )
        return summary

    def _run(self) -> RunSummary:
        spec = self._spec
        for arm in spec.arms:
            self._data.hash(arm.config.dataset)
        self._ledger.open()
        winners: dict[str, PlannedTrial] = {}
        missing: tuple[str, ...] = ()
        stuck: list[WaitingTrial] = []
        with self._halt.on_signals():
            if spec.searches:
                search = SearchWork(
                    spec, self._planner, self._finished, self._history, self._ledger.points()
                )
                counts = {item.arm.name: item.total for item in search.searches}
                self._phase("search", search, counts, spec.objective.metric)
                found = {item.arm.name: item.winner() for item in search.searches}
                winners = {name: trial for name, trial in found.items() if trial is not None}
                if not self._halt.asked:
                    missing = tuple(name for name, trial in found.items() if trial is None)
            if not self._halt.asked:
                frozen = self._ledger.freeze(winners) if spec.searches else {}
                trials = [
                    trial
                    for trial in self._planner.confirm_trials(frozen)
                    if not {trial.arm, trial.needs_arm} & set(missing)
                ]
                confirm = FixedWork(trials, self._finished)
                self._phase("confirm", confirm, totals(trials), "")
                stuck = confirm.stuck
        return RunSummary(
            self._monitor.started,
            self._monitor.reused,
            self._endings,
            self._halt.interrupted,
            missing,
            tuple(stuck),
            self._monitor.lost,
            sum(seconds for seconds, _ in self._cost.values()),
            sum(gpu_seconds for _, gpu_seconds in self._cost.values()) / 3600.0,
        )

    def _phase(self, name: str, work: Work, counts: dict[str, int], metric: str) -> None:
        self._monitor.begin(name, counts, metric or "test.error")
        first = work.next()
        if isinstance(first, PlannedTrial):
            _Phase(self, work, first).run()
            if self._lease.lost:
                raise self._lease.taken()
        for trial in work.planned:
            record = self._finished(trial.fingerprint) or self._ended(trial.fingerprint)
            if record is not None:
                self._monitor.trial_ended(trial, record, reused=record.is_final)
                origin = record.provenance
                self._cost[trial.fingerprint] = (
                    float(origin.get("seconds", 0.0)),
                    float(origin.get("gpu_seconds", 0.0)),
                )
        self._endings += self._monitor.endings()
        self._trials += work.planned
        self._ledger.keep(self._trials, now=True)

    def _finished(self, fingerprint: str) -> TrialRecord | None:
        record = self._ended(fingerprint)
        return record if record is not None and record.is_final else None

    def _history(self, record: TrialRecord) -> list[dict[str, Any]]:
        table = self._store.read_table(record, "history.parquet")
        reports: list[dict[str, Any]] = [] if table is None else table.to_pylist()
        return reports

    def _ended(self, fingerprint: str) -> TrialRecord | None:
        try:
            return patiently(lambda: self._store.read_record(fingerprint))
        except RecordError:
            # A damaged record is no result: the trial is trained again and its record re-made.
            return None

    def _check_room(self) -> None:
        wanted = self._spec.resources
        if "RAY_ADDRESS" in os.environ:
            return  # a cluster may grow
        for kind, need, have in (
            ("cpu", wanted.cpu, self._cpus if self._cpus is not None else cpu_count()),
            ("gpu", wanted.gpu, self._gpus if self._gpus is not None else gpu_count()),
        ):
            if need > have:
                raise UserError(
                    f"{self._spec.document.where(('resources', kind))}: resources.{kind} must be "
                    f"at most what there is, but a trial wants {need:g} of {have:g}"
                )


class _Phase:
    """One phase on Ray Tune."""

    def __init__(self, runner: StudyRunner, work: Work, first: PlannedTrial) -> None:
        self._runner = runner
        self._work = work
        self._first = first
        self._kept = runner._trials

    def run(self) -> None:
        runner = self._runner
        quiet_ray()
        import ray
        from ray import tune
        from ray.tune import CheckpointConfig, RunConfig, TuneConfig

        from study.scheduler import PruningScheduler
        from study.searcher import WorkSearcher
        from trainables.trainable import IncayTrainable

        start_ray(runner._cpus, runner._gpus)
        resources = runner._spec.resources
        datasets = {arm.config.dataset for arm in runner._spec.arms}
        # Loaded before anything starts: damaged data ends here with its own message.
        shared = self._share(datasets, ray.put)
        spec, store = runner._spec, runner._store
        searcher = WorkSearcher(
            self._work,
            self._first,
            runner._monitor,
            store,
            runner._data,
            runner._halt,
            KeptModels(store, spec.name, spec.run, spec.header.keep_models),
        )
        trainable = tune.with_parameters(
            IncayTrainable,
            store=runner._store,
            data=shared,
            threads=max(1, int(resources.cpu)),
            stall_seconds=resources.stall_seconds,
        )
        runner._lease.confirm()
        # Ray has just put its own handlers in place.
        signals = runner._halt.on_signals()
        with signals, tempfile.TemporaryDirectory(prefix="incay-tune-") as scratch:
            tune.Tuner(
                tune.with_resources(trainable, {"cpu": resources.cpu, "gpu": resources.gpu}),
                tune_config=TuneConfig(
                    search_alg=searcher,
                    scheduler=PruningScheduler(searcher),
                    num_samples=-1,
                    reuse_actors=True,
                ),
                run_config=RunConfig(
                    name=runner._spec.name,
                    storage_path=scratch,
                    verbose=0,
                    stop=_stopper(self._must_stop, self._keep),
                    checkpoint_config=CheckpointConfig(checkpoint_frequency=0),
                ),
            ).fit()
        if runner._lease.lost:
            return  # what is unfinished is another driver's to record
        # Record what an interruption left unfinished, so that nothing vanishes.
        why = "stopped by the user" if runner._halt.interrupted else runner._halt.store_error
        for trial in searcher.running():
            if runner._finished(trial.fingerprint) is None:
                searcher.record_ending(trial, "interrupted", why)

    def _share(
        self, datasets: set[DatasetSettings], put: Callable[[Any], Any]
    ) -> Mapping[str, Any]:
        data = self._runner._data
        return {data.hash(dataset): put(data.load(dataset)) for dataset in datasets}

    def _must_stop(self) -> bool:
        return self._runner._halt.asked or self._runner._lease.lost

    def _keep(self) -> None:
        runner = self._runner
        with runner._halt.guard():
            patiently(lambda: runner._ledger.keep([*self._kept, *self._work.planned]))


def quiet_ray() -> None:
    """Set what Ray reads from the environment, before it is imported."""
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    os.environ.setdefault("RAY_AIR_NEW_OUTPUT", "0")
    os.environ.setdefault("TUNE_DISABLE_AUTO_CALLBACK_LOGGERS", "1")
    os.environ.setdefault("TUNE_DISABLE_SIGINT_HANDLER", "1")
    os.environ.setdefault("TUNE_WARN_SLOW_EXPERIMENT_CHECKPOINT_SYNC_THRESHOLD_S", "1000")
    os.environ.setdefault("TUNE_GLOBAL_CHECKPOINT_S", "3600")
    os.environ.setdefault("RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO", "0")


def start_ray(cpus: float | None, gpus: float | None) -> None:
    """Connect to the cluster that RAY_ADDRESS names, or start Ray on this machine."""
    import ray

    if ray.is_initialized():
        return
    common = {"log_to_driver": False, "logging_level": "ERROR"}
    if "RAY_ADDRESS" in os.environ:
        ray.init(**common)
        return
    ray.init(
        address="local",  # another Ray of this machine is not ours to use
        num_cpus=int(cpus) if cpus is not None else cpu_count(),
        num_gpus=int(gpus) if gpus is not None else gpu_count(),
        include_dashboard=False,
        **common,
    )


def _stopper(stop: Callable[[], bool], tick: Callable[[], None]) -> Any:
    """Return a Tune stopper that ends the run when `stop` says so; `tick` runs on each result."""
    from ray.tune import Stopper

    class Interrupted(Stopper):  # type: ignore[misc]
        def __call__(self, trial_id: str, result: Mapping[str, Any]) -> bool:
            del trial_id, result
            tick()
            return False

        def stop_all(self) -> bool:
            return stop()

        def __reduce__(self) -> Any:  # Tune snapshots its stopper; there is nothing to keep
            return (_never, ())

    return Interrupted()


def _never() -> Any:
    from ray.tune.stopper import NoopStopper

    return NoopStopper()
