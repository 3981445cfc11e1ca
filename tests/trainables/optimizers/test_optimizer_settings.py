"""What all optimisers have in common: groups, clipping, parts of a batch, norms, rates."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch
from torch import nn

from incay.trainables.config import TrialConfig
from incay.trainables.conformance.small_trials import check_training, small_config, small_data
from incay.trainables.data.digits import DigitsSettings
from incay.trainables.networks.mnist_2d import MNIST2DSettings
from incay.trainables.optimizers.adamw import AdamWSettings
from incay.trainables.optimizers.modules.groups import parameter_groups
from incay.trainables.optimizers.modules.update import Update
from incay.trainables.optimizers.muon import MuonSettings
from incay.trainables.optimizers.sgd import SGDSettings
from incay.trainables.schedules.cosine import CosineSettings
from incay.trainables.stacking.key import must_train_alone, stack_key
from incay.trainables.training.trainer import Trainer

NETWORK = [nn.Conv2d(1, 2, 3), nn.BatchNorm2d(2), nn.Flatten(), nn.Linear(8, 3), nn.LayerNorm(3)]


def modules() -> nn.ModuleDict:
    return nn.ModuleDict({"network": nn.Sequential(*NETWORK), "loss": nn.Linear(3, 2, bias=False)})


def rules(settings: SGDSettings | AdamWSettings | MuonSettings) -> dict[str, tuple[float, float]]:
    """(weight decay, factor of the learning rate) by the name of each parameter."""
    found = modules()
    group_of = {
        id(parameter): (group["weight_decay"], group["lr_factor"])
        for group in parameter_groups(settings, found)
        for parameter in group["params"]
    }
    return {name: group_of[id(each)] for name, each in found.named_parameters()}


def test_norms_and_biases_have_no_decay() -> None:
    found = rules(AdamWSettings(weight_decay=0.5))
    decayed = {name for name, (decay, _) in found.items() if decay}
    assert decayed == {"network.0.weight", "network.3.weight", "loss.weight"}
    assert {factor for _, factor in found.values()} == {1.0}


def test_sgd_takes_layer_norms_weights_for_weights_as_it_did_before_others_came() -> None:
    found = rules(SGDSettings(weight_decay=0.5))
    assert found["network.4.weight"] == (0.5, 1.0)
    assert found["network.1.weight"] == (0.0, 1.0)
    assert found["network.1.bias"] == (0.0, 1.0)
    assert found["network.4.bias"] == found["network.0.bias"] == (0.0, 2.0)


def test_all_may_decay() -> None:
    assert {decay for decay, _ in rules(AdamWSettings(weight_decay=0.5, decay="all")).values()} == {
        0.5
    }


def test_each_layer_below_the_classifier_learns_slower() -> None:
    found = rules(AdamWSettings(layer_decay=0.5))
    factors = {name: factor for name, (_, factor) in found.items()}
    assert factors["loss.weight"] == 1.0
    assert factors["network.3.weight"] == factors["network.4.weight"] == 0.5
    assert factors["network.0.weight"] == factors["network.1.bias"] == 0.25


def test_muon_takes_matrices_of_hidden_layers_only() -> None:
    found = modules()
    groups = parameter_groups(MuonSettings(), found)
    hidden = {id(each) for group in groups if group["hidden"] for each in group["params"]}
    names = {name for name, each in found.named_parameters() if id(each) in hidden}
    assert names == {"network.0.weight", "network.3.weight"}


PLAIN = SGDSettings(lr=1.0, momentum=0.0, weight_decay=0.0, bias_lr_multiplier=1.0)


def step_of(settings: SGDSettings, gradient: float) -> tuple[nn.ModuleDict, float]:
    """Modules after a step, and what the step took from the classifier's first weight."""
    found = modules()
    before = found["loss"].weight[0, 0].item()
    update = Update(settings, found)
    for parameter in found.parameters():
        parameter.grad = torch.full_like(parameter, gradient)
    update.set_lr(settings.lr)
    update.step()
    return found, before - found["loss"].weight[0, 0].item()


def test_gradients_are_clipped_by_value_and_by_norm() -> None:
    count = sum(each.numel() for each in modules().parameters())
    assert step_of(PLAIN, 9.0)[1] == pytest.approx(9.0)
    assert step_of(replace(PLAIN, clip_value=0.5), 9.0)[1] == pytest.approx(0.5)
    by_norm = step_of(replace(PLAIN, clip_norm=2.0), 9.0)[1]
    assert by_norm == pytest.approx(2.0 / count**0.5, rel=1e-4)
    assert step_of(replace(PLAIN, clip_norm=1e3), 9.0)[1] == pytest.approx(9.0), "only down"


def test_rows_of_weights_are_scaled_down_to_the_largest_norm() -> None:
    found, _ = step_of(replace(PLAIN, max_norm=0.25), gradient=-1.0)
    for name, parameter in found.named_parameters():
        if parameter.ndim >= 2:
            assert parameter.flatten(1).norm(dim=1).max() <= 0.25 + 1e-6, name


@pytest.mark.parametrize(
    ("rule", "expected"), [("none", 0.2), ("linear", 0.1), ("sqrt", 0.2 * 0.5**0.5)]
)
def test_the_rate_follows_the_batch_by_a_rule(rule: str, expected: float) -> None:
    settings = AdamWSettings(lr=0.2, lr_rule=rule)  # type: ignore[arg-type]
    assert settings.base_lr(128) == pytest.approx(expected)


SMALL = TrialConfig(
    network=MNIST2DSettings(width=0.3, dimension=4),
    optimizer=SGDSettings(lr=0.02),
    steps=12,
    batch_size=60,
    reports=2,
)


def test_a_batch_in_parts_takes_the_step_of_the_whole_where_images_do_not_see_each_other() -> None:
    data = DigitsSettings().load(None)
    weights = []
    for accumulate in (1, 4):
        optimizer = replace(SMALL.optimizer, accumulate=accumulate)
        trainer = Trainer(replace(SMALL, optimizer=optimizer), data, torch.device("cpu"))
        for module in trainer.network.modules():
            if isinstance(module, nn.BatchNorm2d):
                module.forward = lambda x: x  # type: ignore[method-assign]
        while not trainer.finished:
            trainer.advance()
        weights.append([each.detach() for each in trainer.network.parameters()])
        metrics = trainer.history[-1]
        assert metrics["train.norm"] > 0
    for one, other in zip(*weights, strict=True):
        torch.testing.assert_close(one, other, rtol=1e-3, atol=1e-5)


@pytest.mark.parametrize(
    ("optimizer", "why"),
    [
        (SGDSettings(), ""),
        (SGDSettings(nesterov=True, layer_decay=0.5, decay="all", lr_rule="sqrt"), ""),
        (SGDSettings(clip_norm=1.0), "optimizer.clip_norm is of one trial's gradient"),
        (SGDSettings(accumulate=2), "optimizer.accumulate takes a batch in parts"),
        (SGDSettings(max_norm=1.0), "optimizer.max_norm is of one trial's weights"),
        (AdamWSettings(beta1=0.8, layer_decay=0.5), ""),
        (AdamWSettings(clip_norm=1.0), "optimizer.clip_norm is of one trial's gradient"),
        (MuonSettings(), "optimizer muon has no step for several trials at once"),
    ],
)
def test_the_settings_say_whether_trials_can_be_stacked(
    optimizer: SGDSettings | AdamWSettings | MuonSettings, why: str
) -> None:
    assert must_train_alone(replace(SMALL, optimizer=optimizer)) == why


def test_trials_of_other_optimizers_are_of_another_kind() -> None:
    nesterov = replace(SMALL, optimizer=SGDSettings(nesterov=True))
    assert stack_key(nesterov) != stack_key(SMALL)
    adam = AdamWSettings(lr=0.02, weight_decay=0.1)
    kinds = {
        stack_key(replace(SMALL, optimizer=each))
        for each in (adam, replace(adam, lr=0.01, weight_decay=0.0), replace(adam, beta1=0.8))
    }
    assert len(kinds) == 2


@pytest.mark.parametrize(
    "wrong",
    [
        {"lr": 0.0},
        {"layer_decay": 1.5},
        {"accumulate": 0},
        {"clip_norm": -1.0},
        {"nesterov": True, "momentum": 0.0},
    ],
)
def test_what_is_out_of_range_is_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="must hold"):
        SGDSettings(**wrong)  # type: ignore[arg-type]


def test_a_batch_has_at_least_as_many_images_as_parts() -> None:
    with pytest.raises(ValueError, match=r"optimizer.accumulate <= batch_size=8"):
        TrialConfig(optimizer=SGDSettings(accumulate=9), batch_size=8)


def test_a_whole_recipe_of_today_is_resumed_bit_for_bit() -> None:
    optimizer = AdamWSettings(clip_norm=0.5, accumulate=2, layer_decay=0.9, lr_rule="sqrt")
    config = small_config(optimizer=optimizer, schedule=CosineSettings(warmup=0.5, restarts=1))
    assert check_training("the recipe", config, small_data()), "it trains alone"
