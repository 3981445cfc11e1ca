"""Ends workers that stand still: stopped, or stuck in a call that never returns."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from incay.study.execution.awake import AwakeClock

START_SECONDS = 60.0
"""What a worker may take longer for its first sign of life: it imports PyTorch, and loads data."""
_LOOKS_PER_STALL = 20
_MOST_BETWEEN_LOOKS = 10.0


@dataclass
class _Silence:
    since: float
    beats: bytes | None = None


class Stalls:
    """Looks for trials whose workers give no sign of life, and ends those workers.

    To Tune that is a lost worker. A sign is a report, or a beat of the worker's
    (`incay.trainables.worker.watchdog`).

    Args:
        seconds: The longest silence.
        beats: Returns what the actor of an id has told last, None before its first beat.
        end: Ends an actor's process.
        clock: Must stand still while this process does.

    Attributes:
        ended: Ids of the trials whose worker was ended.
    """

    def __init__(
        self,
        seconds: float,
        beats: Callable[[str], bytes | None],
        end: Callable[[Any], None],
        clock: AwakeClock | None = None,
    ) -> None:
        self._seconds = seconds
        self._beats = beats
        self._end = end
        self._clock = clock or AwakeClock(seconds)
        self._silences: dict[tuple[str, str], _Silence] = {}
        self._pause = min(_MOST_BETWEEN_LOOKS, seconds / _LOOKS_PER_STALL)
        self._next_look = 0.0
        self.ended: set[str] = set()

    def heard(self, trial_id: str) -> None:
        """Take in a report of a trial."""
        now = self._clock.now()
        for (trial, _), silence in self._silences.items():
            if trial == trial_id:
                silence.since = now

    def look(self, placed: Callable[[], Mapping[str, Any]]) -> None:
        """End the workers that are silent for too long; does nothing most of the time.

        Args:
            placed: Returns the actor of each trial that has one, by the trial's id.
        """
        now = self._clock.now()
        if now < self._next_look:
            return
        self._next_look = now + self._pause
        silences = {}
        for trial, actor in placed().items():
            key = (trial, actor._actor_id.hex())
            silences[key] = silence = self._silences.get(key, _Silence(now))
            # Asked about late, so that a study that reports asks nothing.
            if now - silence.since < self._seconds / 2:
                continue
            beats = self._beats(key[1])
            if beats != silence.beats:
                silence.beats, silence.since = beats, now
            most = self._seconds if silence.beats is not None else self._seconds + START_SECONDS
            if now - silence.since >= most:
                self.ended.add(trial)
                self._end(actor)
                silence.since = now
        self._silences = silences


def end_actor(actor: Any) -> None:
    """Kill an actor's process; Ray does so from outside if it does not answer."""
    import ray

    with suppress(Exception):  # it has gone meanwhile
        ray.kill(actor)


def placed_actors(controller: Any) -> dict[str, Any]:
    """Return the actors that Tune has for its trials, also those that are still starting.

    Tune tells its schedulers only of those that have started.
    """
    controller = getattr(controller, "_tune_controller", controller)
    live = controller._actor_manager._live_actors_to_ray_actors_resources
    return {
        trial.trial_id: live[tracked][0]
        for trial, tracked in controller._trial_to_actor.items()
        if tracked in live
    }
