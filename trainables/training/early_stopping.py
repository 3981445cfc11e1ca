"""Early stopping: a trial ends once a validation metric has not become better for some reports."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from incay.trainables.settings import Settings, require, require_finite

if TYPE_CHECKING:
    from torch import nn

STOPPING_METRICS = ("none", "val.error", "val.loss")
"""Less is better of all that may be waited for."""


@dataclass(frozen=True, kw_only=True)
class EarlyStoppingSettings(Settings):
    """When a trial ends before its last step; the weights of its best report are kept.

    They are kept as well where the last step is reached (Prechelt, Early Stopping - But When?,
    1998, section 1.1: the network of the least validation error so far is the result).

    Attributes:
        metric: ``none``; ``val.error`` or ``val.loss``, of the images held out for validation.
        patience: Reports in a row that may be no better than the best before the trial ends.
        min_delta: What a report must be less than the best by to be better: percentage points of
            ``val.error``, or ``val.loss``'s own unit.
    """

    metric: Literal["none", "val.error", "val.loss"] = "none"
    patience: int = 5
    min_delta: float = 0.0

    def __post_init__(self) -> None:
        fits = self.metric in STOPPING_METRICS
        require(fits, f"metric in {{{', '.join(STOPPING_METRICS)}}}", self.metric)
        require(1 <= self.patience <= 10**5, "1 <= patience <= 10^5", self.patience)
        require_finite("min_delta", self.min_delta)

    @property
    def active(self) -> bool:
        """Whether a trial may end early."""
        return self.metric != "none"

    def build(self) -> EarlyStopping:
        """Return what decides."""
        return EarlyStopping(self)

    def alone_because(self) -> str:
        """Return why its trials cannot train as one computation; nothing if they may."""
        return f"early_stopping: {self.metric} ends each trial for itself" if self.active else ""


class EarlyStopping:
    """Sees each report, and keeps the weights of the best.

    Args:
        settings: By which metric, and for how long it waits.

    Attributes:
        over: Whether the trial ends here.
    """

    def __init__(self, settings: EarlyStoppingSettings) -> None:
        self._settings = settings
        self._best, self._best_step, self._waited = math.inf, 0, 0
        self._kept: dict[str, Any] = {}
        self.over = False

    def see(self, step: int, metrics: Mapping[str, float], modules: nn.Module) -> None:
        """Take in a report.

        Args:
            step: Optimiser steps done.
            metrics: What it measured.
            modules: Hold the weights that were measured.

        Raises:
            ValueError: No images are held out.
        """
        settings = self._settings
        if settings.metric not in metrics:
            raise ValueError(
                f"early_stopping.metric: images must be held out to measure {settings.metric} "
                "(split.validation > 0), but there are none"
            )
        value = metrics[settings.metric]
        if value < self._best - settings.min_delta or not self._kept:
            self._best, self._best_step, self._waited = value, step, 0
            self._kept = {name: each.clone() for name, each in modules.state_dict().items()}
        else:
            self._waited += 1
        self.over = self._waited >= settings.patience

    def restore(self, step: int, modules: nn.Module) -> bool:
        """Give the modules the best report's weights; return whether those are of another step."""
        if step == self._best_step:
            return False
        modules.load_state_dict(self._kept)
        return True

    @property
    def reason(self) -> str:
        """Why the trial ended before its last step."""
        return (
            f"{self._settings.metric} was no better for {self._waited} reports; the weights are "
            f"those of step {self._best_step:,}"
        )

    def state_dict(self) -> dict[str, Any]:
        """Return what it goes on from."""
        return {
            "best": self._best,
            "best_step": self._best_step,
            "waited": self._waited,
            "kept": self._kept,
            "over": self.over,
        }

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Go on from a kept state."""
        self._best, self._best_step = float(state["best"]), int(state["best_step"])
        self._waited, self.over = int(state["waited"]), bool(state["over"])
        self._kept = dict(state["kept"])
