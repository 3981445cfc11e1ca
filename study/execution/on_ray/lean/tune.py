"""Leaves out what Tune does and no trial of a study has a use for."""

from __future__ import annotations

import logging
from contextlib import AbstractContextManager
from importlib import import_module
from typing import Any

from ray.air._internal import usage
from ray.tune import registry
from ray.tune.execution import tune_controller
from ray.tune.experiment import Trial
from ray.tune.progress_reporter import TrialProgressCallback

from incay.study.execution.on_ray.lean.spare_places import SparePlaces
from incay.study.execution.on_ray.replaced import replaced


class _Remembered(registry._Registry):  # type: ignore[misc]
    """Looks up what was registered once, not several times a trial in Ray's control service."""

    def __init__(self, registered: Any) -> None:
        super().__init__(registered._prefix)
        self._registered = registered._registered  # that one clears up when the process ends
        self._to_flush = registered._to_flush
        self._found: dict[tuple[str, str], Any] = {}

    def register(self, category: str, key: str, value: Any) -> None:
        self._found.pop((category, key), None)
        super().register(category, key, value)

    def contains(self, category: str, key: str) -> bool:
        return (category, key) in self._found or bool(super().contains(category, key))

    def get(self, category: str, key: str) -> Any:
        if (category, key) not in self._found:
            self._found[category, key] = super().get(category, key)
        return self._found[category, key]


class _Silent(TrialProgressCallback):  # type: ignore[misc]
    """Says nothing, as Tune's own does here, and holds no trial for it."""

    def on_trial_result(self, *_: object, **__: object) -> None:
        pass

    def on_trial_error(self, *_: object, **__: object) -> None:
        pass

    def on_trial_complete(self, *_: object, **__: object) -> None:
        pass


class _NoResults:
    """What Tune returns in place of all trials."""

    def __init__(self, **_: object) -> None:
        self.trials: tuple[Trial, ...] = ()


def _told_nobody() -> logging.Logger:
    logger = logging.Logger("tune", logging.CRITICAL + 1)
    logger.addHandler(logging.NullHandler())
    return logger


def silent() -> TrialProgressCallback:
    """Return what Tune takes in place of its own reporter, which holds all there ever were."""
    return _Silent()


def lean_tune() -> AbstractContextManager[None]:
    """Have Tune do without, while the block runs.

    That is a place which is asked for and given up (`SparePlaces`), looking up the trainable seven
    times, asking the worker twice who it is, importing MLflow and others to count callbacks of
    theirs (a second before the first trial), and at the end writing down how far all trials are and
    gathering what they gave: results are in the store. Nor does it tell what the run itself tells.
    """
    module = import_module("ray.tune.tune")

    def set_ray_actor(trial: Trial, ray_actor: Any) -> None:
        trial.temporary_state.ray_actor = ray_actor

    def keep_nothing(*_: object, **__: object) -> None:
        pass

    return replaced(
        (
            (tune_controller, "PlacementGroupResourceManager", SparePlaces),
            (registry, "_global_registry", _Remembered(registry._global_registry)),
            (Trial, "set_ray_actor", set_ray_actor),
            (tune_controller.TuneController, "checkpoint", keep_nothing),
            (usage, "tag_callbacks", keep_nothing),
            (module, "ExperimentAnalysis", _NoResults),
            (module, "logger", _told_nobody()),
        )
    )
