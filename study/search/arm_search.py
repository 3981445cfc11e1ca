"""The search of one arm: its points, its verdicts, its outcomes and its winner."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from incay.study.planning.trials import PlannedTrial, Planner
from incay.study.search.outcomes import Outcome
from incay.study.search.point import Point
from incay.study.search.pruner import PruneJudge
from incay.study.search.race import RaceJudge
from incay.study.search.sampler import PointSampler
from incay.study.spec.settings import dotted
from incay.study.spec.study import Arm, StudySpec
from incay.trainables.store.endings import Ending
from incay.trainables.store.records import TrialRecord

History = Sequence[Mapping[str, Any]]
"""A trial's reports: metrics by name."""

Spared = Callable[[str, int], object]
"""Is told of an arm's trainings that a race spares, and that are made in no other place."""

Histories = Callable[[TrialRecord], History]
"""Looks up the reports of a record."""


class ArmSearch:
    """The search of one arm.

    Args:
        spec: The study.
        arm: The arm.
        planner: Makes its trials.
        histories: See `Histories`.
        known: Points of an earlier run, by number.
        spared: See `Spared`.
        repetition: Which search of the arm it is.

    Attributes:
        trials: The points' first trials, by number; with several seeds they have others.
        outcomes: The points' endings by number.
        handed_out: How many trainings have begun.
    """

    def __init__(
        self,
        spec: StudySpec,
        arm: Arm,
        planner: Planner,
        histories: Histories,
        known: Mapping[int, Mapping[str, Any]],
        spared: Spared | None = None,
        repetition: int = 0,
    ) -> None:
        self.arm = arm
        self.repetition = repetition
        self.trials: dict[int, PlannedTrial] = {}
        self.outcomes: dict[int, Outcome] = {}
        self._spec = spec
        self._planner = planner
        self._histories = histories
        self._known = known
        self._spared = spared
        self._judges: dict[int, PruneJudge] = {}
        self._shown: dict[int, Any] = {}  # what judges show Optuna
        self._points: dict[int, Point] = {}
        self._unclosed: dict[int, Point] = {}  # those that may take further seeds
        # These are asked for every arm whenever a worker is free, so they are kept as trials end.
        self.handed_out = 0
        self._spent = 0.0
        self._ended_without_gap = 0
        self._handed_out_before = 0  # of the points without a gap
        self._sampler = PointSampler(
            arm.spaces,
            dotted(arm.config),
            sampler=spec.budget.sampler,
            directions=tuple(spec.objective.directions.values()),
            parallel=spec.budget.parallel,
            seed_parts=(
                *(spec.header.seed, "sampler", arm.name),
                *(("repetition", repetition) if repetition else ()),
            ),
        )

    @property
    def number(self) -> int:
        """The next point's number."""
        return len(self._points)

    @property
    def points(self) -> int:
        """Points that the budget or the grid allows."""
        size = self._sampler.size
        points = self._spec.budget.points
        return points if size is None else min(size, points)

    @property
    def total(self) -> int:
        """Trainings that the budget or the grid allows; a race may spare some of them."""
        return min(self.points * self._spec.budget.seeds, self._spec.budget.most)

    @property
    def exhausted(self) -> bool:
        """Whether the budget is handed out."""
        return not self._unclosed and not self._goes_on

    @property
    def ready(self) -> bool:
        """Whether a trial can begin: the results that it depends on are known."""
        return self._next_seed() is not None or (
            self._goes_on
            and self._ended_without_gap >= len(self._sampler.sees(self.number))
            and self._room(self.number)[0] > 0
        )

    @property
    def _goes_on(self) -> bool:
        """Whether there may be a further point."""
        limit = self._spec.budget.seconds
        if self.number >= self.points or (limit is not None and self._spent >= limit):
            return False
        return self._room(self.number)[1] > 0

    def take(self) -> PlannedTrial:
        """Return the next trial: a further seed of a point that has begun, or the next point."""
        number = self._next_seed()
        if number is None:
            number = self._begin()
        point = self._points[number]
        trial = self._planner.search_trial(
            self.arm, number, point.params, point.take(), self.repetition
        )
        self.handed_out += 1
        if not trial.replicate:
            self.trials[number] = trial
            self._judge(trial)
        self._settle()
        return trial

    def _next_seed(self) -> int | None:
        """Return the first point that can take a further seed now."""
        for number, point in self._unclosed.items():
            if point.may_take(self._room(number)[0]):
                return number
        return None

    def _begin(self) -> int:
        number = self.number
        budget = self._spec.budget
        params = self._sampler.point(self.outcomes, self._known.get(number))
        race = None
        if budget.race != "none":
            seen = {other: self.outcomes[other] for other in self._sampler.sees(number)}
            directions = tuple(self._spec.objective.directions.values())
            race = RaceJudge(budget.race, seeds=budget.seeds, directions=directions, seen=seen)
        self._points[number] = self._unclosed[number] = Point(params, budget.seeds, race)
        return number

    def _judge(self, trial: PlannedTrial) -> None:
        """Have somebody look whether the trial is to be pruned, where the study says so."""
        if self._spec.budget.pruner == "none":
            return
        self._judges[trial.number] = PruneJudge(
            self._spec.budget.pruner,
            direction=self._spec.objective.mode,
            number=trial.number,
            seen={other: self.outcomes[other] for other in self._sampler.sees(trial.number)},
            reports=min(trial.config.reports, trial.config.steps),
            known=self._shown,
        )

    def _room(self, number: int) -> tuple[int, int]:
        """Return for how many trainings of a point the budget has room: surely, and at most.

        In a race they differ while points before it are under way, because what these spare is
        not known. Whoever waits until they agree gets the same trainings on every machine.
        """
        budget = self._spec.budget
        if budget.trainings is None or budget.race == "none":
            return budget.seeds, budget.seeds
        least = most = self._handed_out_before
        for other in range(self._ended_without_gap, number):
            point = self._points[other]
            least += point.handed_out
            most += point.handed_out if point.is_closed else budget.seeds
        return budget.trainings - most, budget.trainings - least

    def _settle(self) -> None:
        """Close the points that take no further seed, and take in the outcomes of those ended."""
        for number, point in list(self._unclosed.items()):
            point.settle(self._room(number)[1])
            if point.is_closed:
                del self._unclosed[number]
                missing = self._spec.budget.seeds - point.handed_out
                if missing and self._spared and self._spec.budget.trainings is None:
                    self._spared(self.arm.name, missing)
                self._take_in(number)

    def _take_in(self, number: int) -> None:
        if not self._points[number].has_ended:
            return
        self.outcomes[number] = self._points[number].outcome()
        while self._ended_without_gap in self.outcomes:
            self._handed_out_before += self._points[self._ended_without_gap].handed_out
            self._ended_without_gap += 1

    def prunes(self, trial: PlannedTrial, history: History) -> bool:
        """Return whether to end a running trial, given all of its reports so far."""
        judge = self._judges.get(trial.number)
        return judge is not None and judge.hear(self._objective(history))

    def accepts(self, trial: PlannedTrial, record: TrialRecord) -> bool:
        """Return whether a record is how this trial ended.

        A trial that another study pruned has ended only if this study prunes it no later.
        """
        return not record.status.is_cut or self.prunes(trial, self._histories(record))

    def reuses(self, trial: PlannedTrial, record: TrialRecord) -> bool:
        """Return whether a record that was there before is this trial's result.

        One that was trained before an objective was a measure has no value of it, and is trained
        again.
        """
        wanted = set(self._spec.objective.directions)
        if record.status.is_whole and not wanted <= record.metrics.keys():
            return False
        return self.accepts(trial, record)

    def end(self, trial: PlannedTrial, record: TrialRecord) -> None:
        """Take in how a trial ended."""
        judge = self._judges.pop(trial.number, None)
        status, intermediate, marks = record.status, {}, {}
        if judge is not None:
            if judge.hear(self._objective(self._histories(record))):
                status = Ending.PRUNED  # here, even where another study trained it to its end
            intermediate, marks = judge.intermediate, judge.marks
        metrics = [record.metrics.get(name) for name in self._spec.objective.directions]
        values = tuple(value for value in metrics if value is not None and math.isfinite(value))
        whole = status.is_whole and len(values) == len(metrics)
        point = self._points[trial.number]
        point.end(
            trial.replicate,
            Outcome(
                trial.params, status, values if whole else None, intermediate, marks, record.seconds
            ),
        )
        self._spent += record.seconds
        if point.is_closed:
            self._take_in(trial.number)
        self._settle()

    def winner(self) -> PlannedTrial | None:
        """Return the best point's first trial, the earliest of equals; its mean over seeds counts.

        A point without some of its seeds is none: they might have been the bad ones.
        """
        sign = 1.0 if self._spec.objective.mode == "min" else -1.0
        ranked = [
            (sign * outcome.values[0], number)
            for number, outcome in self.outcomes.items()
            if outcome.values is not None and not outcome.is_partial
        ]
        return self.trials[min(ranked)[1]] if ranked else None

    def _objective(self, history: History) -> list[float]:
        metric = self._spec.objective.metric
        values = (report.get(metric) for report in history)
        return [float(value) for value in values if value is not None]
