"""Lets go of what Tune holds of each trial that has ended: a tenth of a megabyte, and a folder.

It keeps them for a restore and for `ResultGrid`; here the store remembers both.
"""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import Any

_ROUNDS = 3
"""Rounds after which nothing of Tune's speaks of a trial any more that has ended."""


class EndedTrials:
    """Forgets trials of Tune's some rounds after they have ended."""

    def __init__(self) -> None:
        self._rounds: dict[Any, int] = {}

    def forget(self, controller: Any) -> None:
        """Let go of trials that ended some rounds ago; called once a round.

        Args:
            controller: Tune's, or its wrapper for schedulers.
        """
        controller = getattr(controller, "_tune_controller", controller)
        # Tune strikes those that wait no longer off this list when a place is free and none waits,
        # which with a searcher it never is.
        waiting = controller._pending_trials
        controller._pending_trials_list[:] = filter(
            waiting.__contains__, controller._pending_trials_list
        )
        # What workers are to be told that were asked for and given up before they had begun.
        manager = controller._actor_manager
        told = manager._pending_actors_to_enqueued_actor_tasks
        for actor in [each for each in told if each not in manager._pending_actors_to_attrs]:
            del told[actor]
        ended = controller._stopped_trials | controller._failed_trials
        held = {*controller._trial_to_actor, *controller._actor_to_trial.values()}
        self._rounds = {trial: self._rounds.get(trial, 0) + 1 for trial in ended - held}
        for trial, rounds in self._rounds.items():
            if rounds > _ROUNDS and trial is not controller._trials[-1]:
                controller._trials.remove(trial)
                controller._stopped_trials.discard(trial)
                controller._failed_trials.discard(trial)
                controller._trials_to_cache.discard(trial)
                controller._trial_metadata.pop(trial.trial_id, None)
                with suppress(OSError):  # it is not empty where something went wrong
                    Path(trial.local_path).rmdir()
