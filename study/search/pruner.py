"""Ends hopeless search trials early, by rules of Optuna, as a pure function of the study.

A trial is judged by its own reports and by the outcomes that its point was chosen from, never
by what happens to have finished meanwhile. Judging it again from its history gives the same
verdict, so that an interrupted study, or one that finds the trial in the store, agrees.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

import optuna
from optuna.pruners import BasePruner, HyperbandPruner, MedianPruner, SuccessiveHalvingPruner
from optuna.samplers import RandomSampler
from optuna.trial import FrozenTrial, TrialState

from incay.study.search.distributions import DIRECTIONS
from incay.study.search.draws import KNOWN
from incay.study.search.outcomes import Outcome

REDUCTION = 3
"""Of the trials that reach a rung, one in this many goes on to the next."""


class PruneJudge:
    """Judges one trial, report by report.

    Args:
        pruner: ``asha``, ``hyperband`` or ``median``.
        direction: Of the first objective, ``min`` or ``max``.
        number: The trial's number.
        seen: The outcomes that its point was chosen from, by number.
        reports: Reports of a whole trial.
        known: What Optuna is shown of these outcomes, by number, kept for the judges that follow;
            empty for the first.
    """

    def __init__(
        self,
        pruner: str,
        *,
        direction: str,
        number: int,
        seen: Mapping[int, Outcome],
        reports: int,
        known: dict[int, FrozenTrial] | None = None,
    ) -> None:
        self._study = optuna.create_study(
            study_name="judge",  # Hyperband hashes the name
            direction=DIRECTIONS[direction],
            sampler=RandomSampler(seed=0),
            pruner=_build(pruner, reports),
        )
        known = {} if known is None else known
        for other, outcome in seen.items():
            if other not in known:
                known[other] = _numbered(_frozen(outcome), other)
        _put_in(self._study, [known[n] if n in seen else _unseen(n) for n in range(number)])
        self._trial = self._study.ask()
        self.intermediate: dict[int, float] = {}
        self.pruned_at: int | None = None

    def hear(self, values: Sequence[float]) -> bool:
        """Take in the objective at all reports so far; return whether to end the trial."""
        for report, value in enumerate(values, start=1):
            if self.pruned_at is not None:
                break
            if report in self.intermediate:
                continue
            self.intermediate[report] = value
            self._trial.report(value, report)
            if self._trial.should_prune():
                self.pruned_at = report
        return self.pruned_at is not None

    @property
    def marks(self) -> dict[str, Any]:
        """What the pruner noted about the trial, for those that are judged after it."""
        return dict(self._study.trials[-1].system_attrs)


def _put_in(study: optuna.Study, trials: list[FrozenTrial]) -> None:
    """Give a new study its trials as they are: by itself Optuna copies and checks each of them."""
    if not KNOWN:
        for trial in trials:
            study.add_trial(trial)
        return
    storage: Any = study._storage
    info = storage._studies[study._study_id]
    info.trials = trials
    storage._trial_id_to_study_id_and_number = {
        trial._trial_id: (study._study_id, trial.number) for trial in trials
    }
    storage._max_trial_id = len(trials) - 1


def _numbered(trial: FrozenTrial, number: int) -> FrozenTrial:
    trial.number = trial._trial_id = number
    return trial


@lru_cache(maxsize=1024)
def _unseen(number: int) -> FrozenTrial:
    return _numbered(_frozen(None), number)


def _frozen(outcome: Outcome | None) -> FrozenTrial:
    if outcome is None or outcome.state == TrialState.FAIL:
        # Unseen or without a value: it only keeps its number.
        return optuna.trial.create_trial(state=TrialState.FAIL)
    values = list(outcome.intermediate.values())
    first = outcome.values[0] if outcome.values is not None else values[-1]
    return optuna.trial.create_trial(
        state=outcome.state,
        value=first,
        intermediate_values=dict(outcome.intermediate),
        system_attrs=dict(outcome.marks),
    )


def _build(pruner: str, reports: int) -> BasePruner:
    if pruner == "asha":
        return SuccessiveHalvingPruner(min_resource=1, reduction_factor=REDUCTION)
    if pruner == "hyperband":
        return HyperbandPruner(min_resource=1, max_resource=reports, reduction_factor=REDUCTION)
    return MedianPruner(n_startup_trials=4, n_warmup_steps=reports // 5)
