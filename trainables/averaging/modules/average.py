"""Averages of weights over steps, in place of which training goes on."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, nn
from torch.optim.swa_utils import get_ema_multi_avg_fn, get_swa_multi_avg_fn

from incay.trainables.averaging.modules.statistics import recompute_statistics

if TYPE_CHECKING:
    from incay.trainables.averaging.settings import AverageSettings


class WeightAverage:
    """Averages of a network's and a classifier's weights.

    Parameters are averaged. Of buffers, which are batch norm's statistics as a rule: ``ema``
    averages those that are floating-point numbers by the same decay, as timm and torchvision do;
    ``swa`` computes batch norm's anew for the averaged weights, as its authors do. All other
    buffers are those of training.

    Training's own modules hold the average while they are evaluated (`applied`), so that whoever
    knows them knows it. PyTorch's `AveragedModel` would be a second network beside them; what it
    computes with is used here.

    Args:
        settings: What is averaged, and when.
        steps: Optimiser steps of the trial.
        network: Whose weights; on the device.
        loss: The classifier.
    """

    def __init__(
        self, settings: AverageSettings, steps: int, network: nn.Module, loss: nn.Module
    ) -> None:
        self._settings = settings
        self._first = settings.first(steps)
        self._network = network
        modules = (network, loss)
        self._own = [value.detach() for each in modules for value in each.parameters()]
        if settings.name == "ema":
            buffers = (value for each in modules for value in each.buffers())
            self._own += [value for value in buffers if value.is_floating_point()]
        self._averages = [value.clone() for value in self._own]
        self._taken = 0
        self._held = self._settled = False

    def update(self, step: int) -> None:
        """Take in the weights after so many steps, if they are due."""
        after = step - self._first
        if after < 0 or after % self._settings.every:
            return
        if self._taken == 0:
            for average, value in zip(self._averages, self._own, strict=True):
                average.copy_(value)
        elif self._settings.name == "ema":
            average_of = get_ema_multi_avg_fn(self._decay())  # type: ignore[no-untyped-call]
            average_of(self._averages, self._own, self._taken)
        else:
            average_of = get_swa_multi_avg_fn()  # type: ignore[no-untyped-call]
            average_of(self._averages, self._own, self._taken)
        self._taken += 1

    def _decay(self) -> float:
        most, taken = self._settings.decay, self._taken
        return min(most, (1 + taken) / (10 + taken)) if self._settings.warmup else most

    @contextmanager
    def applied(
        self, images: Iterable[Tensor] | None, autocast: torch.dtype | None
    ) -> Iterator[None]:
        """Let the modules hold the average while the block runs; before the first, what they have.

        Args:
            images: Batches of training images, by which batch norm's statistics are computed
                anew where they must be; None where the network is not run within the block.
            autocast: The network's dtype under autocast, None without.
        """
        if self._taken == 0 or self._held:
            yield
            return
        again = images if self._settings.name == "swa" else None
        buffers = [(each, each.clone()) for each in self._network.buffers() if again is not None]
        self._swap()
        if again is not None:
            recompute_statistics(self._network, again, autocast)
        self._held = True
        try:
            yield
        finally:
            if not self._settled:
                self._held = False
                self._swap()
                for value, before in buffers:
                    value.copy_(before)

    def settle(self) -> None:
        """Within `applied`: leave the modules what they hold for good, as training is over."""
        self._settled = self._held

    @torch.no_grad()
    def _swap(self) -> None:
        """Exchange the average and what the modules hold, so that this twice changes nothing."""
        for average, value in zip(self._averages, self._own, strict=True):
            held = value.clone()
            value.copy_(average)
            average.copy_(held)

    def state_dict(self) -> dict[str, Any]:
        """Return what the average goes on from."""
        return {"averages": self._averages, "taken": self._taken, "settled": self._settled}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Go on from a kept state."""
        for average, kept in zip(self._averages, state["averages"], strict=True):
            average.copy_(kept)
        self._taken = int(state["taken"])
        self._held = self._settled = bool(state["settled"])
