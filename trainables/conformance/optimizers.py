"""What every optimiser must keep: see `incay.trainables.optimizers.base.OptimizerSettings`."""

from __future__ import annotations

import torch
from torch import nn

from incay.trainables.conformance.claims import claim, claim_finite, no_draws, same
from incay.trainables.conformance.small_trials import check_training, small_config, small_data
from incay.trainables.optimizers import OptimizerSettings
from incay.trainables.optimizers.modules.update import Update

_STEPS = 6


def check_optimizer(settings: OptimizerSettings) -> str:
    """Check what every optimiser must keep.

    That is: an optimiser of PyTorch's kind over the groups that it is given, whose learning rates
    the loop can set; finite steps that draw no random numbers, none where the rate is 0; a state
    with which a trial goes on bit for bit.

    Args:
        settings: The optimiser, as a study would set it.

    Returns:
        Why its trials must train one by one where a study asks for stacks; nothing if they can be
        stacked.

    Raises:
        AssertionError: Something does not hold.
    """
    what = f"optimizer {settings.name!r}"
    modules = _modules()
    update = Update(settings, modules)
    kind = torch.optim.Optimizer
    built = isinstance(update.optimizer, kind)
    claim(built, f"{what}: build must return an Optimizer", type(update.optimizer))
    held = {id(each) for group in update.optimizer.param_groups for each in group["params"]}
    missing = [name for name, each in modules.named_parameters() if id(each) not in held]
    claim(not missing, f"{what} must hold all parameters that it is given", f"none of {missing}")
    before = {name: each.detach().clone() for name, each in modules.named_parameters()}
    with no_draws(what):
        _step(update, modules, 0.0)
    for name, parameter in modules.named_parameters():
        stays = same(before[name], parameter.detach())
        claim(stays, f"{what} must change nothing at a learning rate of 0", f"another {name}")
    for _ in range(_STEPS):
        _step(update, modules, settings.lr)
    for name, parameter in modules.named_parameters():
        claim_finite(f"{what}: {name} after {_STEPS} steps", parameter.detach())
    moved = any(not same(before[name], each.detach()) for name, each in modules.named_parameters())
    claim(moved, f"{what} must change parameters at its learning rate", "the same numbers")
    return check_training(what, small_config(optimizer=settings), small_data())


def _modules() -> nn.ModuleDict:
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        network = nn.Sequential(
            nn.Conv2d(1, 3, 3), nn.BatchNorm2d(3), nn.PReLU(), nn.Flatten(), nn.Linear(108, 4)
        )
        return nn.ModuleDict({"network": network, "loss": nn.Linear(4, 3, bias=False)})


def _step(update: Update, modules: nn.ModuleDict, lr: float) -> None:
    images = torch.linspace(-1.0, 1.0, 6 * 64).view(6, 1, 8, 8).sin()
    update.zero_grad()
    logits = modules["loss"](modules["network"](images))
    torch.autograd.backward(nn.functional.cross_entropy(logits, torch.arange(6) % 3))
    update.set_lr(lr)
    update.step()
