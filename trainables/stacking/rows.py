"""An optimiser's step on the parameters of several trials, which lie in one row of numbers.

An optimiser's settings name theirs (`OptimizerSettings.stacked_by`); one without trains alone. They
lie not in the settings' files, since what trains a stack is no part of a fingerprint.

Shape suffixes: N numbers of all members' parameters together.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, Protocol

import torch
from torch import Tensor


class RowStep(Protocol):
    """Takes the step of one optimiser for all members."""

    kept: Mapping[str, Tensor]
    """What is kept from step to step (N,), by the name that each optimiser's state has for it."""
    counted: dict[str, float]
    """Numbers that all parameters of all members share, such as steps, by that name."""

    def step(self, values_N: Tensor, gradient_N: Tensor, decay_N: Tensor, rate_N: Tensor) -> None:
        """Change the values; the gradient may be overwritten.

        Args:
            values_N: All parameters.
            gradient_N: Their gradients.
            decay_N: Each one's weight decay.
            rate_N: Each one's learning rate.
        """


def row_step(stacked_by: str, group: Mapping[str, Any], like_N: Tensor) -> RowStep:
    """Return the step that takes an optimiser's for several trials.

    Args:
        stacked_by: As its settings name it.
        group: One of its groups of parameters; what all members have in common is read from it.
        like_N: As many numbers as there are, on their device.
    """
    return _STEPS[stacked_by](group, like_N)


class SGDRow:
    """`torch.optim.SGD` with momentum, Nesterov's too."""

    def __init__(self, group: Mapping[str, Any], like_N: Tensor) -> None:
        self._momentum = float(group["momentum"])
        self._nesterov = bool(group["nesterov"])
        # Without momentum so far, SGD takes the gradient itself: 0 gives the same.
        self._momentum_N = torch.zeros_like(like_N)
        self.kept: Mapping[str, Tensor] = {"momentum_buffer": self._momentum_N}
        self.counted: dict[str, float] = {}

    def step(self, values_N: Tensor, gradient_N: Tensor, decay_N: Tensor, rate_N: Tensor) -> None:
        """Change the values."""
        gradient_N = gradient_N.addcmul_(decay_N, values_N)
        self._momentum_N.mul_(self._momentum).add_(gradient_N)
        change_N = self._momentum_N
        if self._nesterov:
            change_N = gradient_N.add_(self._momentum_N, alpha=self._momentum)
        values_N.addcmul_(rate_N, change_N, value=-1.0)


class AdamRow:
    """`torch.optim.Adam`: weight decay is a part of the gradient."""

    def __init__(self, group: Mapping[str, Any], like_N: Tensor) -> None:
        self._beta1, self._beta2 = map(float, group["betas"])
        self._epsilon = float(group["eps"])
        self._mean_N, self._square_N = torch.zeros_like(like_N), torch.zeros_like(like_N)
        self.kept: Mapping[str, Tensor] = {"exp_avg": self._mean_N, "exp_avg_sq": self._square_N}
        self.counted: dict[str, float] = {"step": 0.0}

    def step(self, values_N: Tensor, gradient_N: Tensor, decay_N: Tensor, rate_N: Tensor) -> None:
        """Change the values."""
        self._decay(values_N, gradient_N, decay_N, rate_N)
        self.counted["step"] += 1.0
        unbiased1 = 1.0 - self._beta1 ** self.counted["step"]
        unbiased2 = 1.0 - self._beta2 ** self.counted["step"]
        self._mean_N.lerp_(gradient_N, 1.0 - self._beta1)
        self._square_N.mul_(self._beta2)
        self._square_N.addcmul_(gradient_N, gradient_N, value=1.0 - self._beta2)
        scale_N = self._square_N.sqrt().div_(math.sqrt(unbiased2)).add_(self._epsilon)
        change_N = torch.div(self._mean_N, scale_N, out=gradient_N)
        values_N.addcmul_(rate_N / unbiased1, change_N, value=-1.0)

    def _decay(self, values_N: Tensor, gradient_N: Tensor, decay_N: Tensor, rate_N: Tensor) -> None:
        del rate_N
        gradient_N.addcmul_(decay_N, values_N)


class AdamWRow(AdamRow):
    """`torch.optim.AdamW`: weight decay apart from the gradient."""

    def _decay(self, values_N: Tensor, gradient_N: Tensor, decay_N: Tensor, rate_N: Tensor) -> None:
        del gradient_N
        values_N.mul_(1.0 - rate_N * decay_N)


_STEPS: dict[str, type[SGDRow] | type[AdamRow]] = {
    "sgd": SGDRow,
    "adam": AdamRow,
    "adamw": AdamWRow,
}
