"""Members of a stack compute what they compute alone, and come and go as they please."""

from __future__ import annotations

import io
from dataclasses import replace

import pytest
import torch
from stacked_cases import (
    CPU,
    SMALL,
    alone,
    assert_close,
    assert_same,
    differing,
    stacked,
    together,
    with_incay,
)

from incay.trainables.augment.settings import AugmentSettings
from incay.trainables.config import TrialConfig
from incay.trainables.data.base import ImageData
from incay.trainables.data.digits import DigitsSettings
from incay.trainables.losses import losses
from incay.trainables.losses.center import CenterSettings
from incay.trainables.losses.l_softmax import LSoftmaxSettings
from incay.trainables.losses.normface import NormFaceSettings
from incay.trainables.networks.mnist_2d import MNIST2DSettings
from incay.trainables.optimizers.sgd import SGDSettings
from incay.trainables.schedules.plateau import PlateauSettings
from incay.trainables.stacking.key import must_train_alone, stack_key
from incay.trainables.stacking.member import StackMember
from incay.trainables.stacking.run import StackedRun
from incay.trainables.stacking.stack import StackedTrainer
from incay.trainables.training.prepared import prepare
from incay.trainables.training.settings import SplitSettings
from incay.trainables.training.trainer import DivergedError, Trainer


@pytest.fixture(scope="module")
def digits() -> ImageData:
    return DigitsSettings().load(None)


CASES = {
    "softmax": SMALL,
    "batch norm of features": replace(
        SMALL, network=MNIST2DSettings(width=0.3, dimension=4, feature="bn_relu")
    ),
    "l-softmax, fixed thresholds": with_incay(
        replace(SMALL, loss=LSoftmaxSettings(margin=2)), threshold=1.5, gate="correct"
    ),
    "center, running threshold, late start": with_incay(
        replace(SMALL, loss=CenterSettings()), threshold="1.1 x mean", start_step=6
    ),
    "normface, learned scale": replace(SMALL, loss=NormFaceSettings(learned=True)),
    "augmented, plateau, test at reports": replace(
        SMALL,
        augment=AugmentSettings(horizontal_flip="on", crop_padding=1),
        schedule=PlateauSettings(patience=1, min_delta=0.5),
        split=SplitSettings(test="reports"),
    ),
}


@pytest.mark.parametrize("base", CASES.values(), ids=CASES.keys())
def test_members_compute_what_they_compute_alone(base: TrialConfig, digits: ImageData) -> None:
    configs = differing(base)
    stack = stacked(configs, digits)
    for member, outcomes in together(stack):
        assert member.stacked_with == len(configs), member.alone_because
        assert outcomes == member.history
        assert_close(member, alone(member.config, digits))


@pytest.mark.parametrize("precision", ["fp32", "bf16"])
@pytest.mark.parametrize("name", sorted(losses))
def test_every_loss_can_train_in_a_stack(name: str, precision: str, digits: ImageData) -> None:
    roomy = replace(SMALL.network, dimension=9)  # for the ETF of ten classes
    base = replace(SMALL, network=roomy, loss=losses[name](), steps=2, reports=1, batch_size=16)
    configs = differing(replace(with_incay(base), precision=precision))
    for member, outcomes in together(stacked(configs, digits)):
        assert member.stacked_with == len(configs), member.alone_because
        assert len(outcomes) == 1


def test_begins_with_a_trainers_own_weights(digits: ImageData) -> None:
    for member in stacked(differing(SMALL), digits).members:
        assert_same(member, Trainer(member.config, digits, CPU))


def test_a_members_checkpoint_goes_on_alone_and_a_lone_one_joins(digits: ImageData) -> None:
    configs = differing(with_incay(SMALL, threshold="1.1 x mean"))
    stack = stacked(configs, digits)
    stack.advance()
    kept = [io.BytesIO() for _ in configs]
    for file, member in zip(kept, stack.members, strict=True):
        torch.save(member.state_dict(), file)
        file.seek(0)
    ends = dict(together(stack))

    goes_on = Trainer(configs[0], digits, CPU)
    goes_on.load_state_dict(torch.load(kept[0], weights_only=True))
    while not goes_on.finished:
        goes_on.advance()
    (first, *_) = ends
    assert_close(first, goes_on)

    shared = prepare(configs[0], digits, CPU)
    joined = [StackMember(config, shared, CPU) for config in configs]
    lone = Trainer(configs[1], digits, CPU)
    lone.advance()
    joined[0].load_state_dict(goes_on_state := torch.load(rewound(kept[0]), weights_only=True))
    joined[1].load_state_dict(lone.state_dict())
    joined[2].load_state_dict(torch.load(rewound(kept[2]), weights_only=True))
    assert goes_on_state["step"] == lone.step
    for member, _ in together(StackedTrainer(joined)):
        assert_close(member, alone(member.config, digits))


def rewound(file: io.BytesIO) -> io.BytesIO:
    file.seek(0)
    return file


def test_who_diverges_leaves_and_the_others_are_unaffected(digits: ImageData) -> None:
    configs = differing(SMALL, count=4)
    configs[1] = replace(configs[1], optimizer=SGDSettings(lr=1e30))
    stack = stacked(configs, digits)
    outcomes = stack.advance()
    diverged = list(outcomes.values())[1]
    assert isinstance(diverged, DivergedError)
    with pytest.raises(DivergedError) as expected:
        Trainer(configs[1], digits, CPU).advance()
    assert diverged.step == expected.value.step
    assert [member.config for member in stack.members] == [configs[0], *configs[2:]]
    for member, _ in together(stack):
        assert_close(member, alone(member.config, digits))


def test_who_is_taken_out_can_go_on_alone(digits: ImageData) -> None:
    stack = stacked(differing(SMALL), digits)
    stack.advance()
    taken = stack.members[1]
    stack.leave(taken)
    assert len(stack.members) == 2
    for member, _ in together(stack):
        assert_close(member, alone(member.config, digits))
    assert taken.step == 4
    while not taken.finished:
        taken.advance()
    assert_close(taken, alone(taken.config, digits))


def test_the_last_member_goes_on_alone(digits: ImageData) -> None:
    stack = stacked(differing(SMALL, count=2), digits)
    stack.advance()
    stack.leave(stack.members[0])
    (last,) = stack.members
    stack.advance()
    assert last.stack is None
    together(stack)
    assert_close(last, alone(last.config, digits))


def test_members_share_the_images(digits: ImageData) -> None:
    first, second = stacked(differing(SMALL, count=2), digits).members
    assert first.data is second.data


def test_what_must_be_equal_is_checked(digits: ImageData) -> None:
    with pytest.raises(ValueError, match="one stack key"):
        stacked([SMALL, replace(SMALL, batch_size=16)], digits)
    with pytest.raises(ValueError, match="share one PreparedData"):
        StackedTrainer([StackMember(SMALL, digits, CPU), StackMember(SMALL, digits, CPU)])
    shared = prepare(SMALL, digits, CPU)
    ahead, behind = (StackMember(config, shared, CPU) for config in differing(SMALL, count=2))
    ahead.train_alone(2)
    with pytest.raises(ValueError, match="at one step"):
        StackedTrainer([ahead, behind]).train()


def test_the_key_holds_what_may_not_differ() -> None:
    assert len({stack_key(config) for config in differing(with_incay(SMALL, threshold=2.0))}) == 1
    others = [
        SMALL,
        with_incay(SMALL),
        with_incay(SMALL, threshold=2.0),
        with_incay(SMALL, threshold="2 x mean"),
        with_incay(SMALL, threshold="3 x mean"),
        replace(SMALL, precision="bf16"),
        replace(SMALL, loss=CenterSettings()),
        replace(SMALL, steps=13),
        replace(SMALL, optimizer=SGDSettings(momentum=0.5)),
    ]
    assert len({stack_key(config) for config in others}) == len(others)


def test_deterministic_trials_train_alone(digits: ImageData) -> None:
    configs = differing(replace(SMALL, deterministic=True), count=2)
    assert "deterministic" in must_train_alone(configs[0])
    for member, _ in together(stacked(configs, digits)):
        assert "deterministic" in member.alone_because
        assert member.stacked_with == 1
        assert_same(member, alone(member.config, digits))


def test_a_failing_step_fails_every_member(
    digits: ImageData, monkeypatch: pytest.MonkeyPatch
) -> None:
    stack = stacked(differing(SMALL), digits)
    stack.advance()

    def failing(run: StackedRun) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(StackedRun, "train_step", failing)
    for member in list(stack.members):
        with pytest.raises(ZeroDivisionError):
            member.advance()
