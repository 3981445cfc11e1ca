"""Layers that compute several members as one layer of as many times the channels.

`torch.func.vmap` has rules of its own for these, but they copy between layouts, leave
autocast (convolutions would silently run in fp32) and, in bf16 on the CPU, cannot normalise.
Folded into channels, the members' convolution is one grouped convolution, and batch norm and
pooling, which treat channels one by one, are the very operations that a trial alone uses.

Shape suffixes: B batch, M members, C channels of each.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from incay.trainables.stacking.convolutions import CHOSEN, CONVOLUTIONS, Geometry

_Fold = Callable[[Tensor, list[Tensor | None], int], Tensor]
"""Maps folded inputs (B, M·C, …), stacked parameters (M, …) and M to folded outputs."""


def fold_layers(module: nn.Module) -> None:
    """Let convolutions, batch norms, poolings and PReLUs of a module fold members into channels.

    The module then runs under `vmap` only. Subclasses of these layers are left as they are.
    """
    for layer in module.modules():
        folded = _FOLDED.get(type(layer))
        if folded is not None and folded.can_fold(layer):
            layer.__class__ = folded


class _Folded(torch.autograd.Function):
    """Calls a `_Fold` on what `vmap` maps over. Autograd sees the operations in it, not this."""

    @staticmethod
    def forward(fold: _Fold, inputs: Tensor, *parameters: Tensor | None) -> Tensor:
        raise NotImplementedError("folded layers run under torch.func.vmap only")

    @staticmethod
    def setup_context(ctx: Any, inputs: Any, output: Any) -> None:
        """Nothing is kept: there is no backward of its own."""

    @staticmethod
    def vmap(
        info: Any,
        in_dims: tuple[int | None, ...],
        fold: _Fold,
        inputs: Tensor,
        *parameters: Tensor | None,
    ) -> tuple[Tensor, int]:
        members: int = info.batch_size
        if in_dims[1] is None:  # all members see the same images
            inputs_BMC = inputs.unsqueeze(1).expand(-1, members, *inputs.shape[1:])
        else:
            inputs_BMC = inputs.movedim(in_dims[1], 1)
        stacked = [
            value if dim is None or value is None else value.movedim(dim, 0)
            for dim, value in zip(in_dims[2:], parameters, strict=True)
        ]
        outputs = fold(inputs_BMC.flatten(1, 2), stacked, members)
        unfolded: Tensor = torch.unflatten(outputs, 1, (members, -1))
        return unfolded, 1


class FoldedConv2d(nn.Conv2d):
    """A convolution of each member's channels with its own weights."""

    @staticmethod
    def can_fold(layer: Any) -> bool:
        """Return whether this is a convolution of the plain kind."""
        plain = layer.groups == 1 and layer.padding_mode == "zeros"
        return plain and not isinstance(layer.padding, str)

    def forward(self, input: Tensor) -> Tensor:
        """Return the convolution of each member's images."""

        def fold(inputs: Tensor, stacked: list[Tensor | None], members: int) -> Tensor:
            del members
            weight, bias = stacked
            assert weight is not None
            convolve = CONVOLUTIONS[CHOSEN.get(inputs.device.type, "grouped")]
            padding = self.padding
            assert not isinstance(padding, str)
            geometry = Geometry(_pair(self.stride), _pair(padding), _pair(self.dilation))
            outputs = convolve(inputs, weight, geometry)
            # Added as the convolution itself would: in the outputs' dtype.
            return outputs if bias is None else outputs + bias.to(outputs.dtype).view(-1, 1, 1)

        outputs: Tensor = _Folded.apply(fold, input, self.weight, self.bias)
        return outputs


def _pair(values: tuple[int, ...]) -> tuple[int, int]:
    first, second = values
    return first, second


class _FoldedBatchNorm(nn.modules.batchnorm._BatchNorm):
    """Batch norm normalises each channel by itself: more channels are more members."""

    @staticmethod
    def can_fold(layer: Any) -> bool:
        """Return whether statistics are kept with a fixed momentum."""
        return bool(layer.track_running_stats and layer.momentum is not None)

    def forward(self, input: Tensor) -> Tensor:
        """Return the normalised activations; statistics of each member are its own."""
        if self.training:
            assert self.num_batches_tracked is not None
            self.num_batches_tracked.add_(1)

        def fold(inputs: Tensor, stacked: list[Tensor | None], members: int) -> Tensor:
            del members
            # Views, so that the statistics are updated where they lie.
            mean, variance, weight, bias = (
                None if value is None else value.view(-1) for value in stacked
            )
            return F.batch_norm(
                inputs, mean, variance, weight, bias, self.training, self.momentum or 0.0, self.eps
            )

        outputs: Tensor = _Folded.apply(
            fold, input, self.running_mean, self.running_var, self.weight, self.bias
        )
        return outputs


class FoldedBatchNorm1d(_FoldedBatchNorm, nn.BatchNorm1d):
    """Of features."""


class FoldedBatchNorm2d(_FoldedBatchNorm, nn.BatchNorm2d):
    """Of images."""


class FoldedMaxPool2d(nn.MaxPool2d):
    """Pooling pools each channel by itself."""

    @staticmethod
    def can_fold(layer: Any) -> bool:
        """Return whether only the maximum is asked for."""
        return not layer.return_indices

    def forward(self, input: Tensor) -> Tensor:
        """Return the maxima."""

        def fold(inputs: Tensor, stacked: list[Tensor | None], members: int) -> Tensor:
            del stacked, members
            return F.max_pool2d(
                inputs,
                self.kernel_size,
                self.stride,
                self.padding,
                self.dilation,
                ceil_mode=self.ceil_mode,
            )

        outputs: Tensor = _Folded.apply(fold, input)
        return outputs


class FoldedPReLU(nn.PReLU):
    """Slopes belong to channels."""

    @staticmethod
    def can_fold(layer: Any) -> bool:
        """Return whether each channel has a slope of its own."""
        return bool(layer.num_parameters > 1)

    def forward(self, input: Tensor) -> Tensor:
        """Return the activations."""

        def fold(inputs: Tensor, stacked: list[Tensor | None], members: int) -> Tensor:
            del members
            (weight,) = stacked
            assert weight is not None
            return F.prelu(inputs, weight.flatten())

        outputs: Tensor = _Folded.apply(fold, input, self.weight)
        return outputs


_FOLDED: dict[type[nn.Module], Any] = {
    nn.Conv2d: FoldedConv2d,
    nn.BatchNorm1d: FoldedBatchNorm1d,
    nn.BatchNorm2d: FoldedBatchNorm2d,
    nn.MaxPool2d: FoldedMaxPool2d,
    nn.PReLU: FoldedPReLU,
}
