"""Each optimiser that can be stacked: its own steps for members, and what they keep of it."""

from __future__ import annotations

import copy
import io
from collections.abc import Callable
from dataclasses import replace

import pytest
import torch
from stacked_cases import CPU, SMALL, alone, assert_close, differing, stacked, together, with_incay
from torch import Tensor, nn

from incay.trainables.data.base import ImageData
from incay.trainables.data.digits import DigitsSettings
from incay.trainables.optimizers import OptimizerSettings, optimizers
from incay.trainables.optimizers.adam import AdamSettings
from incay.trainables.optimizers.adamw import AdamWSettings
from incay.trainables.optimizers.modules.update import Update
from incay.trainables.optimizers.sgd import SGDSettings
from incay.trainables.schedules.cosine import CosineSettings
from incay.trainables.stacking import gate as stacked_gate
from incay.trainables.stacking.gate import rehearse
from incay.trainables.stacking.key import must_train_alone
from incay.trainables.stacking.rows import AdamRow, row_step
from incay.trainables.stacking.state import StackedState
from incay.trainables.training.prepared import prepare
from incay.trainables.training.trainer import Trainer

OPTIMIZERS = {
    "sgd": SGDSettings(lr=0.005),
    "nesterov": SGDSettings(lr=0.005, nesterov=True, decay="all", layer_decay=0.8),
    "adam": AdamSettings(lr=0.0005),
    "adamw": AdamWSettings(lr=0.0005),
    "adamw by other rules": AdamWSettings(
        lr=0.0005, beta1=0.8, beta2=0.95, epsilon=1e-6, layer_decay=0.8, bias_lr_multiplier=2.0
    ),
}
EACH = pytest.mark.parametrize("optimizer", OPTIMIZERS.values(), ids=OPTIMIZERS.keys())


@pytest.fixture(scope="module")
def digits() -> ImageData:
    return DigitsSettings().load(None)


@EACH
def test_members_compute_what_they_compute_alone(
    optimizer: OptimizerSettings, digits: ImageData
) -> None:
    base = replace(with_incay(SMALL), schedule=CosineSettings(warmup=0.25))
    configs = differing(base, optimizer=optimizer)
    for member, outcomes in together(stacked(configs, digits)):
        assert member.stacked_with == len(configs), member.alone_because
        assert outcomes == member.history
        assert_close(member, alone(member.config, digits))


@EACH
def test_a_members_checkpoint_goes_on_alone_and_in_another_stack(
    optimizer: OptimizerSettings, digits: ImageData
) -> None:
    configs = differing(SMALL, optimizer=optimizer)
    stack = stacked(configs, digits)
    stack.advance()
    states = [copied(member.state_dict()) for member in stack.members]
    lone = Trainer(configs[0], digits, CPU)
    lone.load_state_dict(copied(states[0]))
    while not lone.finished:
        lone.advance()
    assert_close(lone, alone(configs[0], digits))
    others = stacked(configs, digits)
    for member, state in zip(others.members, states, strict=True):
        member.load_state_dict(copied(state))
    for member, _ in together(others):
        assert member.stacked_with == len(configs), member.alone_because
        assert_close(member, alone(member.config, digits))


def copied(state: object) -> dict[str, object]:
    """Return a state as a file gives it back."""
    file = io.BytesIO()
    torch.save(state, file)
    file.seek(0)
    return torch.load(file, weights_only=True)  # type: ignore[no-any-return]


def small(seed: int) -> nn.ModuleDict:
    torch.manual_seed(seed)
    network = nn.Sequential(nn.Linear(8, 64, bias=False), nn.Tanh(), nn.Linear(64, 16))
    return nn.ModuleDict({"network": network, "loss": nn.Linear(16, 32, bias=False)})


@EACH
def test_its_steps_are_those_of_each_members_own_optimizer(optimizer: OptimizerSettings) -> None:
    """Of the same gradients, at changing rates and decays, over 50 steps; then both go on."""
    settings = [
        replace(optimizer, lr=0.01 * (1 + index), weight_decay=0.1 * index) for index in range(3)
    ]
    members = [small(index) for index in range(3)]
    theirs = [copy.deepcopy(member) for member in members]
    updates = [Update(own, member) for own, member in zip(settings, theirs, strict=True)]
    built = [Update(own, each).optimizer for own, each in zip(settings, members, strict=True)]
    state = StackedState(members, built, optimizer.stacked_by)
    draw = torch.Generator().manual_seed(5)
    for step in range(50):
        if step == 25:  # all is written back, and stacked anew
            for index, (member, own) in enumerate(zip(members, built, strict=True)):
                state.write_back(index, member, own)
            state = StackedState(members, built, optimizer.stacked_by)
        rates = [own.lr / (1 + step % 3) for own in settings]
        gradients = [torch.randn(each.shape, generator=draw) for each in state.parameters.values()]
        for index, (update, member) in enumerate(zip(updates, theirs, strict=True)):
            for parameter, gradient in zip(member.parameters(), gradients, strict=True):
                parameter.grad = gradient[index].clone()
            update.set_lr(rates[index])
            update.step()
        state.step(gradients, tuple(rates))
    for index, member in enumerate(members):
        state.write_back(index, member, built[index])
        assert_equal_tensors(list(member.parameters()), list(theirs[index].parameters()))
        for own, other in zip(member.parameters(), theirs[index].parameters(), strict=True):
            kept, expected = built[index].state[own], updates[index].optimizer.state[other]
            assert kept.keys() == expected.keys()
            assert_equal_tensors([kept[key] for key in expected], list(expected.values()))


def assert_equal_tensors(found: list[Tensor], expected: list[Tensor]) -> None:
    """Hold them equal to rounding: PyTorch's kernels round the ends of tensors in other ways."""
    for one, other in zip(found, expected, strict=True):
        assert one.dtype == other.dtype
        torch.testing.assert_close(one, other, rtol=1e-5, atol=1e-7)


@pytest.mark.parametrize("name", sorted(optimizers))
def test_each_optimizer_has_a_step_for_several_trials_or_says_that_it_has_none(name: str) -> None:
    settings = optimizers[name]()
    why = must_train_alone(replace(SMALL, optimizer=settings))
    if settings.stacked_by:
        assert why == ""
        group = settings.build([{"params": [nn.Parameter(torch.zeros(2))], "lr_factor": 1.0}])
        assert row_step(settings.stacked_by, group.param_groups[0], torch.zeros(2)).kept
    else:
        assert why == f"optimizer {name} has no step for several trials at once"
    assert (name in {"sgd", "adam", "adamw"}) == (why == "")


def swapped_rates(monkeypatch: pytest.MonkeyPatch) -> None:
    """Give members each other's learning rates."""
    step = StackedState.step
    monkeypatch.setattr(
        StackedState, "step", lambda self, gradients, rates: step(self, gradients, rates[::-1])
    )


def miscounted_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    """Count ten for each step, so that means of few steps are taken for those of many."""
    step = AdamRow.step

    def ten(self: AdamRow, *rows: Tensor) -> None:
        self.counted["step"] += 9.0
        step(self, *rows)

    monkeypatch.setattr(AdamRow, "step", ten)


@pytest.mark.parametrize("plant", [swapped_rates, miscounted_steps])
def test_a_planted_fault_closes_the_gate(
    plant: Callable[[pytest.MonkeyPatch], None],
    digits: ImageData,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(stacked_gate, "_known", {})
    plant(monkeypatch)
    configs = differing(replace(SMALL, steps=4, reports=1), optimizer=AdamWSettings(lr=0.0005))
    assert "what parameters change by" in rehearse(configs, prepare(SMALL, digits, CPU), CPU)
