"""What the cases of losses check with: batches, gradients, ends of search spaces."""

from __future__ import annotations

import re
from typing import Any

import torch
from torch import Tensor
from torch.func import functional_call

from incay.trainables.losses import losses
from incay.trainables.losses.modules.base import Loss


def batch(shape: tuple[int, int, int], seed: int, length: float) -> tuple[Tensor, Tensor]:
    """Return float64 features (B, D) and labels (B,)."""
    generator = torch.Generator().manual_seed(seed + 1)  # not the weights' numbers
    features = torch.randn(shape[:2], generator=generator, dtype=torch.float64) * length
    return features, torch.randint(shape[2], (shape[0],), generator=generator)


def weight_of(loss: Loss) -> Tensor:
    weight = loss.weight
    assert isinstance(weight, Tensor)
    return weight


def objective(terms: Any) -> Tensor:
    total: Tensor = sum(term.weight * term.value_B.mean() for term in terms.values())
    return total


def gradients_match(loss: Loss, features: Tensor, labels: Tensor, step: int) -> bool:
    """Return whether autograd agrees with differences, for features and all parameters."""
    names = [name for name, _ in loss.named_parameters()]

    def values(features: Tensor, *parameters: Tensor) -> tuple[Tensor, ...]:
        replaced = dict(zip(names, parameters, strict=True))
        output = functional_call(loss, replaced, (features, labels, step))
        return tuple(term.value_B for term in output.terms.values())

    parameters = [item.detach().clone().requires_grad_() for item in loss.parameters()]
    inputs = (features.detach().clone().requires_grad_(), *parameters)
    return torch.autograd.gradcheck(values, inputs, atol=1e-5, rtol=1e-3)


def ends(space: str) -> list[Any]:
    """Return the ends of a range, or the values of a list, in a study file's notation."""
    if space.startswith("["):
        return [number(item.strip()) for item in space.strip("[]").split(",")]
    match = re.fullmatch(r"(?:log )?(\S+) \.\. (\S+)", space)
    assert match is not None, f"not a range: {space!r}"
    low, high = number(match[1]), number(match[2])
    assert low < high
    return [low, high]


def number(text: str) -> Any:
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    return text


def registered() -> set[str]:
    return set(losses)
