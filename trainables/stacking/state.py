"""Parameters, buffers and optimiser of several trials as one, and the step on them.

Shape suffixes: M members, N numbers of all members' parameters together.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from incay.trainables.stacking.rows import row_step

_ALIGNED = 64
"""Numbers to a multiple of which each parameter starts, as kernels that read in blocks like."""


class StackedState:
    """What `members` modules and their optimisers hold, stacked.

    All parameters lie in one row of numbers, so that the optimiser's step on every member takes
    a handful of operations, however many members and layers there are.

    Args:
        modules: The members' modules; equal in structure.
        optimizers: Their optimisers; what they keep must have a row step (`row_step`).
        stacked_by: Which row step takes theirs.

    Attributes:
        parameters: (M, …) by name; leaves of autograd.
        buffers: (M, …) by name.
    """

    def __init__(
        self,
        modules: Sequence[nn.Module],
        optimizers: Sequence[torch.optim.Optimizer],
        stacked_by: str,
    ) -> None:
        named = [dict(module.named_parameters()) for module in modules]
        device = next(iter(named[0].values())).device
        self._layout: dict[str, tuple[int, torch.Size]] = {}
        end = 0
        for name, parameter in named[0].items():
            self._layout[name] = (end, torch.Size((len(modules), *parameter.shape)))
            end += -(-len(modules) * parameter.numel() // _ALIGNED) * _ALIGNED
        self._values_N = torch.zeros(end, device=device)
        self._gradient_N = torch.zeros(end, device=device)
        self._decay_N = torch.zeros(end, device=device)
        self._rate_N = torch.zeros(end, device=device)
        self._rates: tuple[float, ...] = ()
        self._row = row_step(stacked_by, optimizers[0].param_groups[0], self._values_N)
        self._factors: dict[str, float] = {}
        self._fill(named, optimizers)
        # Detached: they share memory with the row, and nothing of its history.
        self.parameters = {
            name: values.detach().requires_grad_()
            for name, values in self._views(self._values_N).items()
        }
        self._gradients = list(self._views(self._gradient_N).values())
        buffers = [dict(module.named_buffers()) for module in modules]
        self.buffers = {
            name: torch.stack([own[name] for own in buffers]).contiguous() for name in buffers[0]
        }

    @torch.no_grad()
    def step(self, gradients: Sequence[Tensor], rates: tuple[float, ...]) -> None:
        """Take the optimiser's step for every member.

        Args:
            gradients: (M, …), in the order of `parameters`.
            rates: Each member's base learning rate.
        """
        if rates != self._rates:
            self._set_rates(rates)
        torch._foreach_copy_(self._gradients, list(gradients))
        self._row.step(self._values_N, self._gradient_N, self._decay_N, self._rate_N)

    @torch.no_grad()
    def write_back(self, index: int, module: nn.Module, optimizer: torch.optim.Optimizer) -> None:
        """Give one member's modules and optimiser what the stack holds of it."""
        kept = {key: self._views(row_N) for key, row_N in self._row.kept.items()}
        for name, parameter in module.named_parameters():
            parameter.copy_(self.parameters[name][index])
            for key, views in kept.items():
                own = torch.empty_like(parameter).copy_(views[name][index])
                optimizer.state[parameter][key] = own
            for key, value in self._row.counted.items():
                # As PyTorch's optimisers count: a tensor beside the parameter.
                count = torch.tensor(value, dtype=torch.float32, device=parameter.device)
                optimizer.state[parameter][key] = count
        for name, own in module.named_buffers():
            own.copy_(self.buffers[name][index])

    def _fill(
        self, named: list[dict[str, nn.Parameter]], optimizers: Sequence[torch.optim.Optimizer]
    ) -> None:
        values = self._views(self._values_N)
        kept = {key: self._views(row_N) for key, row_N in self._row.kept.items()}
        decay = self._views(self._decay_N)
        for index, (own, optimizer) in enumerate(zip(named, optimizers, strict=True)):
            group_of = {
                id(parameter): group
                for group in optimizer.param_groups
                for parameter in group["params"]
            }
            for name, parameter in own.items():
                group = group_of[id(parameter)]
                self._factors[name] = float(group["lr_factor"])
                values[name][index] = parameter.detach()
                decay[name][index] = group["weight_decay"]
                for key, views in kept.items():
                    so_far = optimizer.state[parameter].get(key)
                    if so_far is not None:
                        views[name][index] = so_far
        # Members are at one step, and so is each of their parameters.
        state = optimizers[0].state[next(iter(named[0].values()))]
        for key in self._row.counted:
            self._row.counted[key] = float(state.get(key, 0.0))

    def _set_rates(self, rates: tuple[float, ...]) -> None:
        rate = self._views(self._rate_N)
        base_M = torch.tensor(rates, dtype=torch.float64)
        for name, factor in self._factors.items():
            per_member = (base_M * factor).to(rate[name])
            rate[name].copy_(
                per_member.view(-1, *[1] * (rate[name].ndim - 1)).expand_as(rate[name])
            )
        self._rates = rates

    def _views(self, row_N: Tensor) -> dict[str, Tensor]:
        return {
            name: row_N[start : start + shape.numel()].view(shape)
            for name, (start, shape) in self._layout.items()
        }
