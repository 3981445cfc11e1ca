"""The search of one arm: its points, its verdicts, its outcomes and its winner."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from incay.study.planning.trials import PlannedTrial, Planner
from incay.study.search.pruner import PruneJudge
from incay.study.search.sampler import Outcome, PointSampler
from incay.study.spec.settings import dotted
from incay.study.spec.study import Arm, StudySpec
from incay.trainables.store.endings import Ending
from incay.trainables.store.records import TrialRecord

History = Sequence[Mapping[str, Any]]
"""A trial's reports: metrics by name."""

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

    Attributes:
        trials: Trials by number.
        outcomes: Endings by number.
    """

    def __init__(
        self,
        spec: StudySpec,
        arm: Arm,
        planner: Planner,
        histories: Histories,
        known: Mapping[int, Mapping[str, Any]],
    ) -> None:
        self.arm = arm
        self.trials: dict[int, PlannedTrial] = {}
        self.outcomes: dict[int, Outcome] = {}
        self._spec = spec
        self._planner = planner
        self._histories = histories
        self._known = known
        self._judges: dict[int, PruneJudge] = {}
        # Both are asked for every arm whenever a worker is free, so they are kept as trials end.
        self._spent = 0.0
        self._ended_without_gap = 0
        self._sampler = PointSampler(
            arm.spaces,
            dotted(arm.config),
            sampler=spec.budget.sampler,
            directions=tuple(spec.objective.directions.values()),
            parallel=spec.budget.parallel,
            seed_parts=(spec.header.seed, "sampler", arm.name),
        )

    @property
    def number(self) -> int:
        """The next trial's number."""
        return len(self.trials)

    @property
    def total(self) -> int:
        """Trials that the budget or the grid allows."""
        size = self._sampler.size
        trials = self._spec.budget.trials
        return trials if size is None else min(size, trials)

    @property
    def exhausted(self) -> bool:
        """Whether the budget is handed out."""
        limit = self._spec.budget.seconds
        return self.number >= self.total or (limit is not None and self._spent >= limit)

    @property
    def ready(self) -> bool:
        """Whether the results that the next point depends on are known."""
        return self._ended_without_gap >= len(self._sampler.sees(self.number))

    def take(self) -> PlannedTrial:
        """Choose the next point and return its trial."""
        number = self.number
        point = self._sampler.point(self.outcomes, self._known.get(number))
        trial = self._planner.search_trial(self.arm, number, point)
        self.trials[number] = trial
        if self._spec.budget.pruner != "none":
            seen = {other: self.outcomes[other] for other in self._sampler.sees(number)}
            self._judges[number] = PruneJudge(
                self._spec.budget.pruner,
                direction=self._spec.objective.mode,
                number=number,
                seen=seen,
                reports=min(trial.config.reports, trial.config.steps),
            )
        return trial

    def prunes(self, trial: PlannedTrial, history: History) -> bool:
        """Return whether to end a running trial, given all of its reports so far."""
        judge = self._judges.get(trial.number)
        return judge is not None and judge.hear(self._objective(history))

    def accepts(self, trial: PlannedTrial, record: TrialRecord) -> bool:
        """Return whether a stored record is this trial's result.

        A trial that another study pruned is one only if this study prunes it no later.
        """
        return not record.status.is_cut or self.prunes(trial, self._histories(record))

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
        self.outcomes[trial.number] = Outcome(
            trial.params, status, values if whole else None, intermediate, marks, record.seconds
        )
        self._spent += record.seconds
        while self._ended_without_gap in self.outcomes:
            self._ended_without_gap += 1

    def winner(self) -> PlannedTrial | None:
        """Return the completed trial with the best objective, the earliest of equals."""
        sign = 1.0 if self._spec.objective.mode == "min" else -1.0
        ranked = [
            (sign * outcome.values[0], number)
            for number, outcome in self.outcomes.items()
            if outcome.values is not None
        ]
        return self.trials[min(ranked)[1]] if ranked else None

    def _objective(self, history: History) -> list[float]:
        metric = self._spec.objective.metric
        values = (report.get(metric) for report in history)
        return [float(value) for value in values if value is not None]
