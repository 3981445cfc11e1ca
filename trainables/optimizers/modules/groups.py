"""Groups of parameters: who has weight decay, and which factor of the learning rate."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, NamedTuple

from torch import nn
from torch.nn.modules.batchnorm import _BatchNorm
from torch.nn.modules.conv import _ConvNd
from torch.nn.modules.instancenorm import _InstanceNorm

if TYPE_CHECKING:
    from incay.trainables.optimizers.base import OptimizerSettings

_BATCH_NORM = (nn.BatchNorm1d, nn.BatchNorm2d)
_NORMS = (_BatchNorm, _InstanceNorm, nn.GroupNorm, nn.LayerNorm, nn.RMSNorm)
_MATRICES = (nn.Linear, _ConvNd)
_INCAY = "incay"
"""The name that a trainer's modules give the incay term."""
_KINDS = ("weights", "biases", "norms", "learned")


class _Place(NamedTuple):
    """What decides on a parameter's group."""

    kind: str
    hidden: bool
    layer: int
    """How many layers with weights begin before it ends: 1 for the first."""


def parameter_groups(settings: OptimizerSettings, modules: nn.Module) -> list[dict[str, Any]]:
    """Return all parameters of `modules` in groups, each of one decay and one learning rate.

    Args:
        settings: The optimiser's.
        modules: Network, loss and incay, in the order in which they are run.
    """
    places = list(_places(settings, modules))
    top = max((place.layer for _, place in places), default=1)
    grouped: dict[_Place, list[nn.Parameter]] = {}
    for parameter, place in places:
        layer = place.layer if settings.layer_decay < 1.0 else top
        hidden = place.hidden and settings.apart
        grouped.setdefault(_Place(place.kind, hidden, layer), []).append(parameter)
    ordered = sorted(grouped, key=lambda each: (_KINDS.index(each.kind), each.hidden, each.layer))
    groups = []
    for place in ordered:
        decayed = place.kind == "weights" or settings.decay == "all"
        factor = settings.bias_lr_multiplier if place.kind == "biases" else 1.0
        group = {
            "params": grouped[place],
            "weight_decay": settings.weight_decay if decayed else 0.0,
            "lr_factor": factor * settings.layer_decay ** (top - place.layer),
        }
        groups.append({**group, "hidden": place.hidden} if settings.apart else group)
    return groups


def weight_rows(modules: nn.Module) -> list[nn.Parameter]:
    """Return the parameters of which a row, or a filter, makes one output."""
    norms = {id(each) for norm in _norms(modules, _NORMS) for each in norm.parameters()}
    return [each for each in modules.parameters() if each.ndim >= 2 and id(each) not in norms]


def _places(
    settings: OptimizerSettings, modules: nn.Module
) -> Iterator[tuple[nn.Parameter, _Place]]:
    norms = _BATCH_NORM if settings.only_batch_norm else _NORMS
    layer, seen = 0, set()
    for path, module in modules.named_modules():
        own = dict(module.named_parameters(recurse=False))
        if any(each.ndim >= 2 for each in own.values()):
            layer += 1
        for name, parameter in own.items():
            if id(parameter) in seen:  # shared with another module, which has had it
                continue
            seen.add(id(parameter))
            kind = "norms" if isinstance(module, norms) else "weights"
            # Decay of what incay learns would pull on features. It is a group of its own, because
            # it may begin later, and PyTorch's optimisers want a group to begin at once.
            kind = "learned" if path == _INCAY else kind
            if kind == "weights" and name == "bias":
                kind = "biases"
            is_matrix = isinstance(module, _MATRICES) and name == "weight"
            is_matrix = is_matrix or name == "in_proj_weight"  # of attention
            hidden = kind == "weights" and is_matrix and not path.startswith("loss")
            yield parameter, _Place(kind, hidden, max(layer, 1))


def _norms(modules: nn.Module, kinds: tuple[type[nn.Module], ...]) -> list[nn.Module]:
    return [module for module in modules.modules() if isinstance(module, kinds)]
