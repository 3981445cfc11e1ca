"""Tune asks here which trial begins, and at each report whether a trial goes on."""

from __future__ import annotations

from typing import Any

from ray.exceptions import RayActorError
from ray.tune.experiment import Trial
from ray.tune.schedulers import FIFOScheduler, TrialScheduler

from incay.study.execution.on_ray.ended import EndedTrials
from incay.study.execution.on_ray.searcher import WorkSearcher
from incay.study.execution.on_ray.stalls import Stalls, placed_actors
from incay.trainables.errors import first_line


class PruningScheduler(FIFOScheduler):
    """Ends what the searcher prunes; the verdict is the searcher's alone.

    One file knows what Optuna is told, so that a pruned trial can never be told as complete.
    """

    def __init__(self, searcher: WorkSearcher, stalls: Stalls) -> None:
        super().__init__()
        self._searcher = searcher
        self._stalls = stalls
        self._ended = EndedTrials()

    def choose_trial_to_run(self, tune_controller: Any) -> Trial | None:
        """Return the first that waits. Tune's own choice looks through all that ever ended.

        It is asked several times a second, whatever workers do.
        """
        self._ended.forget(tune_controller)
        self._stalls.look(lambda: placed_actors(tune_controller))
        live = tune_controller.get_live_trials()
        waiting = {trial.trial_id: trial for trial in live if trial.status == Trial.PENDING}
        return next((waiting[name] for name in self._searcher.handed_out if name in waiting), None)

    def on_trial_result(self, tune_controller: Any, trial: Any, result: dict[str, Any]) -> str:
        """Return Tune's word for ending the trial or going on."""
        del tune_controller
        self._stalls.heard(trial.trial_id)
        prunes = self._searcher.prunes(trial.trial_id, result)
        decision: str = TrialScheduler.STOP if prunes else TrialScheduler.CONTINUE
        return decision

    def on_trial_error(self, tune_controller: Any, trial: Trial) -> None:
        """Pass on why a worker is lost, before Tune tells the searcher that it is."""
        del tune_controller
        if trial.trial_id in self._stalls.ended:
            self._searcher.lost_because(trial.trial_id, "it gave no sign of life, and was ended")
            return
        error = trial.get_pickled_error()
        if error is not None and not isinstance(error, RayActorError):  # a fault of our own
            cause = getattr(error, "cause", None) or error
            line = first_line(cause)
            self._searcher.lost_because(trial.trial_id, f"{type(cause).__name__}: {line}")
