"""Tune asks here which trial begins, and at each report whether a trial goes on."""

from __future__ import annotations

from typing import Any

from ray.tune.experiment import Trial
from ray.tune.schedulers import FIFOScheduler, TrialScheduler

from incay.study.execution.on_ray.searcher import WorkSearcher


class PruningScheduler(FIFOScheduler):
    """Ends what the searcher prunes; the verdict is the searcher's alone.

    One file knows what Optuna is told, so that a pruned trial can never be told as complete.
    """

    def __init__(self, searcher: WorkSearcher) -> None:
        super().__init__()
        self._searcher = searcher

    def choose_trial_to_run(self, tune_controller: Any) -> Trial | None:
        """Return the first that waits. Tune's own choice looks through all that ever ended."""
        live = tune_controller.get_live_trials()
        waiting = {trial.trial_id: trial for trial in live if trial.status == Trial.PENDING}
        return next((waiting[name] for name in self._searcher.handed_out if name in waiting), None)

    def on_trial_result(self, tune_controller: Any, trial: Any, result: dict[str, Any]) -> str:
        """Return Tune's word for ending the trial or going on."""
        del tune_controller
        prunes = self._searcher.prunes(trial.trial_id, result)
        decision: str = TrialScheduler.STOP if prunes else TrialScheduler.CONTINUE
        return decision
