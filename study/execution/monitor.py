"""What a running study looks like, arm by arm: counts only; commands draw them."""

from __future__ import annotations

import copy
import statistics
import threading
import time
from collections import Counter
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, field

from incay.study.planning.trials import PlannedTrial, WaitingTrial
from incay.study.spec.study import StudySpec
from incay.trainables.store.endings import Ending
from incay.trainables.store.records import TrialRecord


@dataclass
class ArmProgress:
    """One arm's counts in the current phase.

    Attributes:
        total: Trials that the phase asks for.
        endings: Trials by ending, those of earlier runs included.
        running: Share done of each running trial, by fingerprint.
        values: The metric of a search's completed trials by repetition and number of the point,
            of points that lack some of their seeds.
        best: The best mean of a search's points that have all of them.
        mean: Of the metric of completed trials of the confirm phase.
        counted: How many those are.
    """

    total: int = 0
    endings: Counter[Ending] = field(default_factory=Counter)
    running: dict[str, float] = field(default_factory=dict)
    values: dict[tuple[int, int], list[float]] = field(default_factory=dict)
    best: float | None = None
    mean: float = 0.0
    counted: int = 0

    @property
    def done(self) -> int:
        """Trials that have ended, but for those that go on later."""
        return sum(count for ending, count in self.endings.items() if not ending.is_open)


class Monitor:
    """Counts events of a run. Safe to read from another thread.

    Args:
        spec: The study.
        tell: Shows a line at once; None where nobody looks.

    Attributes:
        phase: The phase in progress.
        look: Which look at the test results it trains for, such as ``look 2 of 4``; empty where
            the study has one.
        started: Trials that this run has started.
        continued: Those of them that went on from a checkpoint.
        damaged: Files that could not be used, so that their work was done again.
        reused: Trials whose result the store already had.
        lost: How often a trial lost its worker and went on elsewhere.
        waiting: Why no trial can train now; empty where one can.
        told: Lines for whoever watches: what looks have shown, which workers were lost.
    """

    def __init__(self, spec: StudySpec, tell: Callable[[str], None] | None = None) -> None:
        self._spec = spec
        self._tell = tell
        self._lock = threading.Lock()
        self.phase = self.look = ""
        self.metric = spec.objective.metric
        self.started = 0
        self.continued = 0
        self.damaged: list[str] = []
        self.reused = 0
        self.lost = 0
        self.waiting = ""
        self.told: list[str] = []
        self.arms: dict[str, ArmProgress] = {}
        self._ended: set[tuple[str, str, int, int, int]] = set()
        self._phase_started = time.monotonic()
        self._steps_trained = 0.0

    def begin(self, phase: str, totals: dict[str, int], metric: str, look: str = "") -> None:
        """Start counting a phase.

        Args:
            phase: Its name.
            totals: Trials by arm.
            metric: What is shown of completed trials.
            look: Which look it is for.
        """
        with self._lock:
            self.phase, self.metric, self.look = phase, metric, look
            self.arms = {arm: ArmProgress(total) for arm, total in totals.items()}
            self._ended.clear()
            self._phase_started = time.monotonic()
            self._steps_trained = 0.0

    @property
    def title(self) -> str:
        """The phase and the look that are in progress."""
        return f"{self.phase}, {self.look}" if self.look else self.phase

    def spares(self, arm: str, trials: int) -> None:
        """Take in that an arm's search asks for fewer trials than it might have."""
        with self._lock:
            self.arms[arm].total -= trials

    def trial_started(self, trial: PlannedTrial, *, continued: bool) -> None:
        """Count a trial that is handed out.

        Args:
            trial: The trial.
            continued: Whether it goes on from a checkpoint of an earlier run.
        """
        with self._lock:
            self.started += 1
            self.continued += continued
            self.arms[trial.arm].running[trial.fingerprint] = 0.0

    def found_damaged(self, message: str) -> None:
        """Take in that a file could not be used."""
        with self._lock:
            if message not in self.damaged:
                self.damaged.append(message)

    def trial_reported(self, trial: PlannedTrial, step: int) -> None:
        """Take in how far a trial is."""
        with self._lock:
            self.waiting = ""
            running = self.arms[trial.arm].running
            share = step / trial.config.steps
            self._steps_trained += max(0.0, share - running.get(trial.fingerprint, 0.0))
            running[trial.fingerprint] = share

    def tell(self, line: str) -> None:
        """Tell whoever watches, at once, of what the run has come through."""
        self.told.append(line)
        if self._tell is not None:
            self._tell(line)

    def worker_lost(self, trials: Collection[PlannedTrial], why: str) -> None:
        """Count a loss, after which its trials go on elsewhere, and tell of it in one line."""
        with self._lock:
            self.lost += 1
        which = "; ".join(trial.title for trial in trials)
        self.tell(f"a worker was lost ({why}); what it trained goes on elsewhere: {which}")

    def trial_ended(self, trial: PlannedTrial, record: TrialRecord, *, reused: bool) -> None:
        """Count an ending, once per planned trial."""
        with self._lock:
            if trial.key in self._ended:
                return
            self._ended.add(trial.key)
            arm = self.arms[trial.arm]
            done = arm.running.pop(trial.fingerprint, None)
            if done is not None:
                self._steps_trained += 1.0 - done
            self.reused += reused
            arm.endings[record.status] += 1
            value = record.metrics.get(self.metric)
            if record.is_whole and value is not None:
                self._take_in(arm, trial, value)

    def _take_in(self, arm: ArmProgress, trial: PlannedTrial, value: float) -> None:
        if self.phase == "confirm":
            arm.counted += 1
            arm.mean += (value - arm.mean) / arm.counted
            return
        point = (trial.repetition, trial.number)
        seeds = arm.values.setdefault(point, [])
        seeds.append(value)
        if len(seeds) == self._spec.budget.seeds:
            mean = statistics.fmean(arm.values.pop(point))
            better = min if self._spec.objective.mode == "min" else max
            arm.best = mean if arm.best is None else better(arm.best, mean)

    def seconds_left(self) -> float | None:
        """Return an estimate for the phase from the pace so far, None while there is none."""
        with self._lock:
            elapsed = time.monotonic() - self._phase_started
            left = sum(
                max(0.0, arm.total - arm.done - sum(arm.running.values()))
                for arm in self.arms.values()
            )
            if self._steps_trained <= 0.0:
                return 0.0 if left == 0 else None
            return elapsed * left / self._steps_trained

    def shown(self, arm: ArmProgress) -> str:
        """Return the metric of an arm so far: the best of a search, the mean of a confirmation.

        The best of several seeds would be a lucky one: of a search's points, each counts with its
        mean, once it has all of its seeds.
        """
        if self.phase == "confirm":
            return f"mean {arm.mean:.4g}" if arm.counted else ""
        return f"best {arm.best:.4g}" if arm.best is not None else ""

    def endings(self) -> Counter[Ending]:
        """Return the phase's trials by ending."""
        with self._lock:
            return sum((arm.endings for arm in self.arms.values()), Counter())

    def snapshot(self) -> list[tuple[str, ArmProgress]]:
        """Return a copy of every arm's counts."""
        with self._lock:
            return [(name, copy.deepcopy(arm)) for name, arm in self.arms.items()]


def totals(trials: Iterable[PlannedTrial | WaitingTrial]) -> dict[str, int]:
    """Return the number of trials by arm, in order of appearance."""
    return dict(Counter(trial.arm for trial in trials))
