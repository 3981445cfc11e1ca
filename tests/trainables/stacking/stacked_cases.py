"""What tests of stacked training share: small trials, alone and together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import torch

from incay.trainables.config import TrialConfig
from incay.trainables.data.base import ImageData
from incay.trainables.incay.settings import IncaySettings
from incay.trainables.networks.mnist_2d import MNIST2DSettings
from incay.trainables.optimizers import OptimizerSettings
from incay.trainables.optimizers.sgd import SGDSettings
from incay.trainables.stacking.member import StackMember
from incay.trainables.stacking.stack import Outcome, StackedTrainer
from incay.trainables.training.settings import SplitSettings
from incay.trainables.training.trainer import DivergedError, Trainer

CPU = torch.device("cpu")
SMALL = TrialConfig(
    network=MNIST2DSettings(width=0.3, dimension=4),
    split=SplitSettings(validation=0.2, test="final"),
    steps=12,
    batch_size=32,
    reports=3,
)


def differing(
    base: TrialConfig, count: int = 3, optimizer: OptimizerSettings | None = None
) -> list[TrialConfig]:
    """Return trials that differ in all that members of a stack may differ in.

    Args:
        base: What they have in common.
        count: How many.
        optimizer: Theirs, with the lowest learning rate; SGD if None.
    """
    common = optimizer or SGDSettings(lr=0.005)
    configs = []
    for index in range(count):
        incay = base.incay
        if incay.active:
            threshold = incay.threshold
            if not isinstance(threshold, str):
                threshold = threshold * (1 + index)
            incay = replace(incay, weight=incay.weight * 3**index, threshold=threshold)
        own = replace(common, lr=common.lr * (1 + index), weight_decay=1e-3 * index)
        configs.append(replace(base, seed=index // 2, optimizer=own, incay=incay))
    return configs


def with_incay(base: TrialConfig, **settings: float | int | str) -> TrialConfig:
    return replace(base, incay=IncaySettings(form="reciprocal", weight=0.02, **settings))  # type: ignore[arg-type]


def alone(config: TrialConfig, data: ImageData) -> Trainer:
    """Return a trainer that has trained a trial to its end, or to its divergence."""
    trainer = Trainer(config, data, CPU)
    try:
        while not trainer.finished:
            trainer.advance()
    except DivergedError:
        pass
    return trainer


def together(stack: StackedTrainer) -> list[tuple[StackMember, list[Outcome]]]:
    """Train all members to their ends; return what each reported."""
    outcomes: dict[StackMember, list[Outcome]] = {member: [] for member in stack.members}
    while stack.members:
        for member, outcome in stack.advance().items():
            outcomes[member].append(outcome)
    return list(outcomes.items())


def numbers(trainer: Trainer) -> dict[str, torch.Tensor]:
    """Return all parameters, buffers and what the optimiser keeps of each."""
    state = trainer.state_dict()
    kept = {
        f"{name} {index}": value
        for index, own in state["optimizer"]["state"].items()
        for name, value in own.items()
    }
    return {**state["modules"], **kept}


NOISE = 0.05
"""After 12 steps most members are 1e-5 from training alone; one sample that falls to the other
side of a maximum, a ReLU or a threshold makes it 1e-2. So it does to a trial that trains alone
from weights that are moved by 1e-7."""


def assert_close(found: Trainer, expected: Trainer, share: float = NOISE) -> None:
    """Hold that two trainers stand where rounding alone can have led them."""
    assert found.step == expected.step
    one, other = numbers(found), numbers(expected)
    assert one.keys() == other.keys()
    for name, value in other.items():
        own, value = one[name].double(), value.double()
        torch.testing.assert_close(own.isnan(), value.isnan())
        distance = (own - value).nan_to_num().norm()
        assert distance <= share * value.nan_to_num().norm() + 1e-6, name
    assert len(found.history) == len(expected.history)
    for own_report, report in zip(found.history, expected.history, strict=True):
        assert own_report.keys() == report.keys()
        for name, metric in report.items():
            if name != "images_per_second":
                # An error is a count of samples, of which some may fall to the other side.
                slack = 2.0 if name.endswith(".error") else 1e-6
                expected_metric = torch.tensor(metric)
                torch.testing.assert_close(
                    torch.tensor(own_report[name]),
                    expected_metric,
                    rtol=share,
                    atol=slack,
                    equal_nan=True,
                    msg=lambda text, name=name: f"{name}: {text}",
                )


def assert_same(found: Trainer, expected: Trainer) -> None:
    """Hold that two trainers have computed the same bits."""
    one, other = numbers(found), numbers(expected)
    assert one.keys() == other.keys()
    for name, value in other.items():
        assert torch.equal(one[name].nan_to_num(), value.nan_to_num()), name


def stacked(configs: Sequence[TrialConfig], data: ImageData) -> StackedTrainer:
    return StackedTrainer.of(configs, data, CPU)
