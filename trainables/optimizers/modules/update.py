"""One optimiser's step with all that goes with it: learning rate, clipping, the norm of weights."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch
from torch import nn

from incay.trainables.optimizers.modules.eager import leave_compiler_out, take_step
from incay.trainables.optimizers.modules.groups import parameter_groups, weight_rows

if TYPE_CHECKING:
    from incay.trainables.optimizers.base import OptimizerSettings


class Update:
    """Changes modules by their gradients, as settings say.

    Args:
        settings: The optimiser's.
        modules: Network and loss.

    Attributes:
        optimizer: PyTorch's, over groups that hold their factor of the base rate as ``lr_factor``.
    """

    def __init__(self, settings: OptimizerSettings, modules: nn.Module) -> None:
        leave_compiler_out()
        self.optimizer = settings.build(parameter_groups(settings, modules))
        self._settings = settings
        self._parameters = list(modules.parameters())
        self._rows = weight_rows(modules) if settings.max_norm else []

    def set_lr(self, lr: float) -> None:
        """Set the learning rate of every group from the base rate."""
        for group in self.optimizer.param_groups:
            group["lr"] = lr * group["lr_factor"]

    def zero_grad(self) -> None:
        """Forget gradients."""
        self.optimizer.zero_grad(set_to_none=True)

    def step(self) -> None:
        """Clip gradients, take the step, and bring weights back to the largest norm."""
        if self._settings.clip_value:
            nn.utils.clip_grad_value_(self._parameters, self._settings.clip_value)
        if self._settings.clip_norm:
            nn.utils.clip_grad_norm_(self._parameters, self._settings.clip_norm)
        take_step(self.optimizer)
        for parameter in self._rows:
            scale_rows(parameter, self._settings.max_norm)

    def state_dict(self) -> dict[str, Any]:
        """Return what the optimiser keeps from step to step."""
        return self.optimizer.state_dict()

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Go on from a kept state."""
        self.optimizer.load_state_dict(state)


@torch.no_grad()
def scale_rows(parameter: nn.Parameter, most: float) -> None:
    """Scale those rows down to a norm that have a larger one. A convolution's row is a filter."""
    norm = parameter.flatten(1).norm(dim=1).view(-1, *[1] * (parameter.ndim - 1))
    parameter.mul_(most / norm.clamp(min=most))
