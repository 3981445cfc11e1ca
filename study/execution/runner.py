"""Runs a study: search, freeze, confirm, on Ray Tune. Running it again is how it resumes."""

from __future__ import annotations

import contextlib
from collections import Counter
from collections.abc import Iterator, Sequence

from incay.study.errors import HaltedError
from incay.study.execution.books.kept_models import KeptModels
from incay.study.execution.books.ledger import Ledger
from incay.study.execution.books.recorded import Recorded
from incay.study.execution.context import RunContext
from incay.study.execution.halt import Halt
from incay.study.execution.leases.lease import Lease
from incay.study.execution.looks import describe_look, look, note_results
from incay.study.execution.monitor import Monitor, totals
from incay.study.execution.on_ray.session import OnDeath, RaySession
from incay.study.execution.on_ray.tune_run import train
from incay.study.execution.phase import Phase
from incay.study.execution.place import ResultsPlace
from incay.study.execution.run_summary import RunSummary
from incay.study.planning.checks.foreign_records import refuse_foreign_records
from incay.study.planning.data_catalog import DataCatalog
from incay.study.planning.timing.forecast import first_workers
from incay.study.planning.trials import PlannedTrial, Planner, WaitingTrial
from incay.study.search.order import FixedWork, SearchWork, Work
from incay.study.spec.study import StudySpec
from incay.trainables.store.endings import Ending
from incay.trainables.store.problems import StoreError
from incay.trainables.store.records import TrialRecord
from incay.trainables.store.shapes import search_name
from incay.trainables.store.trials import Store

_WIDEN_SECONDS = 60.0
"""For which the driver that ends last waits for those that end with it."""


class StudyRunner:
    """Runs one study.

    Args:
        spec: The study.
        store: Where results live.
        data: Its data sets.
        monitor: Counts what happens.
        cpus: CPUs to use on this machine; None for all.
        gpus: GPUs to use on this machine; None for all.
        is_guest: Whether the process is somebody else's, such as a notebook's kernel.
        on_death: What ends the process when Ray dies; see `RaySession`.
        arms: The arms whose search is run, beside drivers of others. None for the whole study,
            which also follows where the searches of all arms have ended with these.

    Attributes:
        halt: Ends the run before its work is done.
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
        is_guest: bool = False,
        on_death: OnDeath | None = None,
        arms: Sequence[str] = (),
    ) -> None:
        self._spec = spec
        self._store = store
        self._data = data
        self._monitor = monitor
        self._planner = Planner(spec, data)
        self._arms = tuple(arms)
        self._ledger = Ledger(store, spec, arms)
        self._lease = Lease(store, spec.name, spec.run, arms=arms)
        self.halt = Halt(is_guest=is_guest)
        self._context = RunContext(
            spec=spec,
            store=store,
            data=data,
            monitor=monitor,
            ledger=self._ledger,
            lease=self._lease,
            halt=self.halt,
            models=KeptModels(
                store,
                spec.name,
                spec.run,
                spec.header.keep_models,
                [arm.name for arm in spec.arms],
            ),
            place=ResultsPlace(self._ledger.books),
            ray=RaySession(cpus, gpus, first_workers(spec, cpus), on_death),
        )
        self._trials: list[PlannedTrial] = []
        self._endings: Counter[Ending] = Counter()
        self._cost: dict[str, tuple[float, float]] = {}
        self._recorded = Recorded(store, monitor)
        self._failed: list[tuple[PlannedTrial, TrialRecord]] = []
        self._missing: tuple[str, ...] = ()
        self._stuck: list[WaitingTrial] = []
        self._waits_for: tuple[str, ...] | None = None
        self._elsewhere = ""

    def run(self) -> RunSummary:
        """Train what has no result yet; return when all has ended or somebody interrupts.

        The study must have passed `check_study`.

        Raises:
            UserError: Frozen winners would change, a newer program wrote records, or another
                process runs the study.
            DataError: A data set cannot be read.
            HaltedError: The store takes nothing more, or the results were moved away.
        """
        summary = None
        with self.halt.guard(), self._lease, self._context.ray:
            summary = self._run()
        if self.halt.problem is not None:
            raise self.halt.problem
        if self.halt.store_error or summary is None:
            raise HaltedError(
                f"results must be kept in {self._store.where('')}, but the store says: "
                f"{self.halt.store_error}. What is recorded is safe: mend it, and the same "
                "command goes on from here"
            )
        return summary

    def _run(self) -> RunSummary:
        refuse_foreign_records(self._store, self._planner, self._ledger.books)
        for damage in (*self._ledger.open(), *self._store.mend_packs()):
            self._monitor.found_damaged(damage)
        self._context.place.begin()
        with self.halt.on_signals():
            phases = self._phases()
            while (phase := next(phases, None)) is not None:
                train(self._context, phase, phases, self._trials)
                if self._lease.lost:
                    raise self._lease.taken()
        return RunSummary(
            started=self._monitor.started,
            continued=self._monitor.continued,
            reused=self._monitor.reused,
            endings=self._endings,
            interrupted=self.halt.interrupted,
            without_winner=self._missing,
            stuck=tuple(self._stuck),
            lost=self._monitor.lost,
            damaged=tuple(self._monitor.damaged),
            failed=tuple(self._failed),
            seconds=sum(seconds for seconds, _ in self._cost.values()),
            gpu_hours=sum(seconds for _, seconds in self._cost.values()) / 3600.0,
            exit_code=130 if self._monitor.started else 128 + self.halt.signal,
            waits_for=self._waits_for,
            elsewhere=self._elsewhere,
        )

    def _phases(self) -> Iterator[Phase]:
        """Yield the phases in which there is something to train, one after another.

        What a phase comes to is taken in as the next is asked for.
        """
        spec = self._spec
        winners: dict[str, PlannedTrial] = {}
        if self._arms:
            yield from self._search(self._new_search())
            if self.halt.asked or not self._widen():
                return
        if spec.searches:
            search = self._new_search()
            yield from self._search(search)
            found = {
                search_name(item.arm.name, item.repetition): item.winner()
                for item in search.searches
            }
            winners = {name: trial for name, trial in found.items() if trial is not None}
            if not self.halt.asked:
                self._missing = tuple(name for name, trial in found.items() if trial is None)
        if self.halt.asked:
            return
        frozen = self._ledger.freeze(winners) if spec.searches else {}
        yield from self._confirm(
            [
                trial
                for trial in self._planner.confirm_trials(frozen)
                if not {
                    search_name(name, spec.repetition_of(trial.number))
                    for name in (trial.arm, trial.needs_arm)
                }
                & set(self._missing)
            ]
        )

    def _new_search(self) -> SearchWork:
        return SearchWork(
            self._spec,
            self._planner,
            self._recorded.finished,
            self._recorded.history,
            self._ledger.points(),
            self._monitor.spares,
            self._arms,
        )

    def _search(self, search: SearchWork) -> Iterator[Phase]:
        counts = Counter[str]()
        for item in search.searches:
            counts[item.arm.name] += item.total
        yield from self._phase("search", search, counts, self._spec.objective.metric)
        for damage in self._ledger.displaced(search.planned):
            self._monitor.found_damaged(damage)

    def _widen(self) -> bool:
        """Go on with the whole study if the searches of all its arms have ended; return whether.

        What was counted of the arms is counted again with the others, as reused too.
        """
        self._waits_for = self._ledger.end_arms()
        if self._waits_for:
            return False
        self._elsewhere = self._lease.widen(_WIDEN_SECONDS)
        if self._elsewhere:
            return False
        self._waits_for, self._arms = None, ()
        self._ledger.widen()
        self._monitor.reused -= sum(n for ending, n in self._endings.items() if ending.is_final)
        self._trials.clear()
        self._endings.clear()
        self._failed.clear()
        return True

    def _confirm(self, trials: Sequence[PlannedTrial | WaitingTrial]) -> Iterator[Phase]:
        """Train confirm trials, look by look, and note those that cannot be trained.

        Args:
            trials: All that the study may train. After a look only arms that are still open, and
                what they are compared with, go on.
        """
        going_on = frozenset(trial.arm for trial in trials)
        earlier = 0
        for number, seeds in enumerate(self._spec.looks, 1):
            asked = [
                trial
                for trial in trials
                if trial.arm in going_on and earlier <= trial.number < seeds
            ]
            work = FixedWork(asked, self._recorded.finished)
            several = len(self._spec.looks) > 1
            which = f"look {number} of {len(self._spec.looks)}" if several else ""
            yield from self._phase("confirm", work, totals(asked), "", which)
            self._stuck += work.stuck
            if self.halt.asked or not several:
                note_results(self._store, self._spec)
                return
            shown = look(self._store, self._spec, number)
            self._monitor.tell(describe_look(shown, self._spec.looks))
            if not shown.open:
                return
            going_on, earlier = shown.going_on, seeds

    def _phase(
        self, name: str, work: Work, counts: dict[str, int], metric: str, which: str = ""
    ) -> Iterator[Phase]:
        self._monitor.begin(name, counts, metric or "test.error", which)
        first = work.next()
        if isinstance(first, PlannedTrial):
            yield Phase(work, first)
        missing = 0
        for trial in work.planned:
            record = self._recorded.ended(trial.fingerprint)
            if record is None:
                missing += 1
            else:
                if record.status.is_failure:
                    self._failed.append((trial, record))
                self._monitor.trial_ended(trial, record, reused=record.is_final)
                self._context.models.offer(trial, record)
                self._cost[trial.fingerprint] = (record.seconds, record.gpu_seconds)
        if not self.halt.asked:
            self._context.place.require(work.planned, missing)
        self._endings += self._monitor.endings()
        self._trials += work.planned
        self._ledger.keep(self._trials, now=True)
        if not self.halt.asked:
            with contextlib.suppress(StoreError):  # they stay as they are until the next run
                self._store.pack(trial.fingerprint for trial in self._trials)
