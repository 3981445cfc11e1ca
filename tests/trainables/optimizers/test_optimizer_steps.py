"""Each optimiser over 50 steps: torch's own, or a naive loop over single numbers."""

from __future__ import annotations

import copy
import math
from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from incay.testing import check_optimizer
from incay.trainables.optimizers import OptimizerSettings, optimizers
from incay.trainables.optimizers.adam import AdamSettings
from incay.trainables.optimizers.adamw import AdamWSettings
from incay.trainables.optimizers.lion import LionSettings
from incay.trainables.optimizers.modules.muon import orthogonal
from incay.trainables.optimizers.modules.update import Update
from incay.trainables.optimizers.muon import MuonSettings
from incay.trainables.optimizers.rmsprop import RMSpropSettings
from incay.trainables.optimizers.sgd import SGDSettings

STEPS = 50
DECAY = 0.02
IMAGES = torch.linspace(-3.0, 3.0, 12 * 8).sin().view(12, 8)


def small() -> nn.ModuleDict:
    torch.manual_seed(3)
    network = nn.Sequential(nn.Linear(8, 5, bias=False), nn.Tanh(), nn.Linear(5, 6, bias=False))
    return nn.ModuleDict({"network": network, "loss": nn.Linear(6, 3, bias=False)})


def backward(modules: nn.ModuleDict) -> None:
    logits = modules["loss"](modules["network"](IMAGES))
    torch.autograd.backward(nn.functional.cross_entropy(logits, torch.arange(12) % 3))


def trained(settings: OptimizerSettings, modules: nn.ModuleDict) -> list[Tensor]:
    update = Update(settings, modules)
    for step in range(STEPS):
        update.zero_grad()
        backward(modules)
        update.set_lr(settings.lr / (1 + step % 3))
        update.step()
    return [each.detach() for each in modules.parameters()]


TORCH: dict[str, tuple[OptimizerSettings, Callable[[Any], torch.optim.Optimizer]]] = {
    "sgd": (
        SGDSettings(lr=0.1, weight_decay=DECAY),
        lambda p: torch.optim.SGD(p, lr=0.1, momentum=0.9, weight_decay=DECAY),
    ),
    "nesterov": (
        SGDSettings(lr=0.1, weight_decay=DECAY, nesterov=True),
        lambda p: torch.optim.SGD(p, lr=0.1, momentum=0.9, weight_decay=DECAY, nesterov=True),
    ),
    "adam": (
        AdamSettings(weight_decay=DECAY, lr=0.01),
        lambda p: torch.optim.Adam(p, lr=0.01, weight_decay=DECAY),
    ),
    "adamw": (AdamWSettings(lr=0.01), lambda p: torch.optim.AdamW(p, lr=0.01)),
    "rmsprop": (
        RMSpropSettings(centered=True, momentum=0.5, weight_decay=DECAY),
        lambda p: torch.optim.RMSprop(
            p, lr=0.001, alpha=0.9, momentum=0.5, centered=True, weight_decay=DECAY
        ),
    ),
}


@pytest.mark.parametrize("name", TORCH)
def test_it_takes_the_steps_of_torchs_own(name: str) -> None:
    settings, make = TORCH[name]
    modules = small()
    theirs = copy.deepcopy(modules)
    optimizer = make(theirs.parameters())
    for step in range(STEPS):
        optimizer.zero_grad()
        backward(theirs)
        optimizer.param_groups[0]["lr"] = settings.lr / (1 + step % 3)
        optimizer.step()
    for found, expected in zip(trained(settings, modules), theirs.parameters(), strict=True):
        torch.testing.assert_close(found, expected.detach(), rtol=1e-5, atol=1e-6)


def test_lion_takes_the_steps_of_a_naive_loop() -> None:
    settings = LionSettings(lr=0.003, weight_decay=DECAY)
    modules = small()
    theirs = copy.deepcopy(modules)
    means = [[0.0] * each.numel() for each in theirs.parameters()]
    for step in range(STEPS):
        theirs.zero_grad()
        backward(theirs)
        lr = settings.lr / (1 + step % 3)
        for parameter, mean in zip(theirs.parameters(), means, strict=True):
            assert parameter.grad is not None
            values = parameter.detach().flatten().tolist()
            for i, g in enumerate(parameter.grad.flatten().tolist()):
                blended = 0.9 * mean[i] + 0.1 * g
                sign = math.copysign(1.0, blended) if blended else 0.0
                values[i] -= lr * (sign + DECAY * values[i])
                mean[i] = 0.99 * mean[i] + 0.01 * g
            parameter.data = torch.tensor(values).view_as(parameter)
    for found, expected in zip(trained(settings, modules), theirs.parameters(), strict=True):
        torch.testing.assert_close(found, expected.detach(), rtol=1e-4, atol=1e-5)


def test_muon_takes_the_steps_of_a_naive_loop() -> None:
    settings = MuonSettings(weight_decay=DECAY)
    modules = small()
    theirs = copy.deepcopy(modules)
    hidden = list(theirs["network"].parameters())
    classifier = theirs["loss"].weight
    momenta = [torch.zeros_like(each) for each in hidden]
    adam = torch.optim.AdamW(
        [classifier], lr=settings.adam_lr, betas=(0.9, 0.95), eps=1e-10, weight_decay=DECAY
    )
    for step in range(STEPS):
        theirs.zero_grad()
        backward(theirs)
        share = 1.0 / (1 + step % 3)
        adam.param_groups[0]["lr"] = settings.adam_lr * share
        adam.step()
        for weight, momentum in zip(hidden, momenta, strict=True):
            g = weight.grad
            assert g is not None
            momentum.copy_(0.95 * momentum + 0.05 * g)
            x = 0.05 * g + 0.95 * momentum
            rows, columns = x.shape
            x = x / x.norm()
            for _ in range(5):  # all of it with the smaller Gram matrix, or with the larger
                a = x @ x.T
                x = 3.4445 * x - 4.7750 * a @ x + 2.0315 * a @ a @ x
            lr = settings.lr * share
            with torch.no_grad():
                weight.mul_(1 - lr * DECAY).sub_(lr * math.sqrt(max(1.0, rows / columns)) * x)
    for found, expected in zip(trained(settings, modules), theirs.parameters(), strict=True):
        torch.testing.assert_close(found, expected.detach(), rtol=1e-3, atol=1e-4)


def test_muon_is_near_torchs_own_on_a_matrix() -> None:
    """Torch's iterates in bfloat16, so that the two are only near."""
    torch.manual_seed(0)
    start = torch.randn(6, 9)
    ours, theirs = nn.Linear(9, 6, bias=False), nn.Parameter(start.clone())
    ours.weight.data = start.clone()
    update = Update(MuonSettings(), nn.ModuleDict({"network": ours}))
    optimizer = torch.optim.Muon([theirs], lr=0.02, weight_decay=0.0)
    for step in range(STEPS):
        gradient = torch.sin(start * (1 + step)) + 0.1
        ours.weight.grad, theirs.grad = gradient.clone(), gradient.clone()
        update.set_lr(0.02)
        update.step()
        optimizer.step()
    moved = (theirs.detach() - start).norm()
    assert (ours.weight.detach() - theirs.detach()).norm() < 0.02 * moved


@pytest.mark.parametrize("shape", [(4, 9), (9, 4), (5, 5)])
def test_newton_schulz_brings_singular_values_near_one(shape: tuple[int, int]) -> None:
    torch.manual_seed(1)
    matrix = torch.randn(shape)
    values = torch.linalg.svdvals(orthogonal(matrix, 5))
    assert values.min() > 0.5
    assert values.max() < 1.3


@pytest.mark.parametrize("name", sorted(optimizers))
def test_it_keeps_what_every_optimizer_must_keep(name: str) -> None:
    alone = check_optimizer(optimizers[name]())
    assert bool(alone) != bool(optimizers[name].stacked_by), alone


@pytest.mark.parametrize("name", sorted(optimizers))
def test_it_keeps_it_with_all_that_may_go_with_it(name: str) -> None:
    settings = optimizers[name](
        clip_norm=1.0, clip_value=0.5, accumulate=3, max_norm=2.0, layer_decay=0.8, decay="all"
    )
    assert "optimizer" in check_optimizer(settings)
