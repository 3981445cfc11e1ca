"""Incay's siblings and opposites in training: ring's radius, stacks, what features become."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch
from trainings import gone_on, module_states, trained

from incay.trainables.config import TrialConfig
from incay.trainables.data.base import ImageData
from incay.trainables.data.digits import DigitsSettings
from incay.trainables.fingerprint import code_files, code_version
from incay.trainables.incay import forms
from incay.trainables.incay.settings import IncaySettings
from incay.trainables.losses import losses
from incay.trainables.networks.mnist_2d import MNIST2DSettings
from incay.trainables.optimizers.sgd import SGDSettings
from incay.trainables.stacking.gate import rehearse
from incay.trainables.stacking.stack import StackedTrainer
from incay.trainables.training.prepared import prepare
from incay.trainables.training.trainer import Trainer

torch.set_num_threads(1)
CPU = torch.device("cpu")
NEW = ("hafn", "safn", "ring", "magface-g", "objectosphere", "l2-activation", "logit-penalty")
RING = IncaySettings(form="ring", weight=0.05, gate="correct", threshold="3 x mean")
SMALL = TrialConfig(
    network=MNIST2DSettings(width=0.3, dimension=4),
    optimizer=SGDSettings(lr=0.01),
    steps=12,
    batch_size=32,
    reports=3,
)


@pytest.fixture(scope="module")
def digits() -> ImageData:
    return DigitsSettings().load(None)


@pytest.mark.parametrize("start_step", [0, 6])
@pytest.mark.parametrize("precision", ["fp32", "bf16"])
def test_a_resumed_ring_is_the_uninterrupted_one_bit_for_bit(
    start_step: int, precision: str, digits: ImageData
) -> None:
    incay = replace(RING, start_step=start_step)
    config = replace(SMALL, incay=incay, precision=precision)  # type: ignore[arg-type]
    whole = trained(config, digits)
    assert whole.incay is not None
    assert whole.incay.change_radius.item() != 0.0
    first = Trainer(config, digits, CPU)
    first.advance()
    assert module_states(first)["incay.begun"].item() is (start_step == 0)
    second = gone_on(first, digits)
    for name, value in module_states(whole).items():
        assert torch.equal(value.nan_to_num(), module_states(second)[name].nan_to_num()), name


def test_until_it_starts_a_ring_is_the_plain_trial_bit_for_bit(digits: ImageData) -> None:
    plain = module_states(trained(SMALL, digits))
    late = module_states(trained(replace(SMALL, incay=replace(RING, start_step=12)), digits))
    assert all(torch.equal(value, late[name]) for name, value in plain.items())
    assert late["incay.change_radius"].item() == 0.0


def test_a_learned_radius_has_no_weight_decay(digits: ImageData) -> None:
    trainer = Trainer(replace(SMALL, incay=RING), digits, CPU)
    assert trainer.incay is not None
    (radius,) = trainer.incay.parameters()
    (group,) = (
        each
        for each in trainer._update.optimizer.param_groups
        if any(own is radius for own in each["params"])
    )
    assert (group["weight_decay"], group["lr_factor"]) == (0.0, 1.0)


@pytest.mark.parametrize(
    ("form", "weight", "sign"),
    [
        ("hafn", 0.01, 1),
        ("safn", 0.1, 1),
        ("objectosphere", 0.003, 1),
        ("l2-activation", 0.5, -1),
        ("logit-penalty", 0.05, -1),
    ],
)
def test_it_lengthens_or_shortens_features(
    form: str, weight: float, sign: int, digits: ImageData
) -> None:
    plain = trained(SMALL, digits).history[-1]["train.norm"]
    ours = trained(replace(SMALL, incay=IncaySettings(form=form, weight=weight)), digits)
    assert sign * (ours.history[-1]["train.norm"] / plain - 1.0) > 0.01


@pytest.mark.parametrize("name", sorted(losses))
def test_the_logit_penalty_goes_with_every_loss(name: str, digits: ImageData) -> None:
    incay = IncaySettings(form="logit-penalty", weight=6e-4, gate="correct")
    wide = replace(SMALL.network, dimension=9)  # an ETF of ten classes needs so many
    tried = replace(SMALL, network=wide, loss=losses[name](), incay=incay, steps=2, reports=1)
    report = trained(tried, digits)
    assert report.history[-1]["train.incay"] > 0.0


@pytest.mark.parametrize("start_step", [0, 5])
def test_rings_train_in_a_stack_as_alone(start_step: int, digits: ImageData) -> None:
    configs = [
        replace(SMALL, seed=seed, incay=replace(RING, start_step=start_step)) for seed in (1, 2)
    ]
    assert rehearse(configs, prepare(configs[0], digits, CPU), CPU) == ""
    stack = StackedTrainer.of(configs, digits, CPU)
    members = list(stack.members)
    while stack.members:
        stack.advance()
    for member, config in zip(members, configs, strict=True):
        assert (member.stacked_with, member.alone_because) == (2, "")
        alone, ours = trained(config, digits).incay, member.incay
        assert alone is not None
        assert ours is not None
        torch.testing.assert_close(
            ours.learned["radius"], alone.learned["radius"], rtol=1e-3, atol=0
        )
        torch.testing.assert_close(ours.change_radius, alone.change_radius, rtol=0.05, atol=0)


# In fingerprints


def of_form(form: str) -> TrialConfig:
    return TrialConfig(incay=IncaySettings(form=form, weight=1.0))


def test_only_forms_that_are_given_batches_count_the_loop_as_it_is() -> None:
    for form in NEW:
        assert f"incay.trainables.incay.{form.replace('-', '_')}" in code_files(of_form(form))

    def loop(form: str) -> str:
        return code_files(of_form(form)).get("incay.trainables.training.gradients", "")

    # Own settings came after the epoch too; what is given batches is later without any.
    assert loop("l2-activation") == loop("ring") == loop("safn") != loop("log")
    assert loop("log") == loop("reciprocal") == loop("linear")
    assert len({code_version(of_form(form)) for form in forms}) == len(forms)
