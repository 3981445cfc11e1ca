"""Dropout of every network: before the last layer, seeded by trial and step, off with same bits."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import torch
from tasks import task_of

from incay.trainables.conformance.small_trials import small_config, small_data
from incay.trainables.networks import networks
from incay.trainables.networks.mnist_2d import MNIST2DSettings
from incay.trainables.networks.torchvision import TorchvisionSettings
from incay.trainables.stacking.key import must_train_alone
from incay.trainables.store.endings import Ending
from incay.trainables.store.trials import Store
from incay.trainables.worker.session import TrialSession, train

CPU = torch.device("cpu")
DROPS = small_config(
    network=MNIST2DSettings(width=0.3, dimension=4, dropout=0.5), steps=8, reports=4
)


def settings_of(name: str, dropout: float):
    size = {} if name == "torchvision" else {"width": 0.1}
    return networks[name](dimension=8, dropout=dropout, **size)


@pytest.mark.parametrize("name", sorted(networks))
def test_what_comes_into_the_last_layer_is_dropped_and_scaled(name: str) -> None:
    settings = settings_of(name, 0.25)
    if name == "torchvision":
        settings = replace(settings, stem="cifar")
    network = settings.build(settings.image_shape if name != "torchvision" else (3, 32, 32))
    came_in = []
    network.head.linear.register_forward_pre_hook(lambda _, given: came_in.append(given[0]))
    flat = torch.ones(400, network.head.linear.in_features)
    network.head(flat)
    values, counts = came_in[0].unique(return_counts=True)
    torch.testing.assert_close(values, torch.tensor([0.0, 4.0 / 3.0]))
    assert float(counts[0] / counts.sum()) == pytest.approx(0.25, abs=0.03)
    network.eval().head(flat)
    assert torch.equal(came_in[1], flat)


@pytest.mark.parametrize("name", sorted(networks))
def test_off_it_is_not_there(name: str) -> None:
    settings = settings_of(name, 0.0)
    network = settings.build(settings.image_shape if name != "torchvision" else (3, 32, 32))
    assert network.head.dropout is None
    assert (
        settings_of(name, 0.5)
        .build(settings.image_shape if name != "torchvision" else (3, 32, 32))
        .state_dict()
        .keys()
        == network.state_dict().keys()
    )


def test_a_resumed_trial_drops_what_the_uninterrupted_one_does(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("INCAY_CHECKPOINT_SECONDS", "0")
    data, task = small_data(), task_of(DROPS)
    whole = train(task, data, Store(tmp_path / "whole"), CPU)
    assert whole.status is Ending.COMPLETED
    plain = train(
        task_of(replace(DROPS, network=replace(DROPS.network, dropout=0.0))),
        data,
        Store(tmp_path / "plain"),
        CPU,
    )
    store = Store(tmp_path / "resumed")
    first = TrialSession(task, data, store, CPU)
    first.advance()
    first.leave()
    torch.rand(7)
    resumed = train(task, data, store, CPU)
    assert [each["from_step"] for each in resumed.provenance["attempts"]] == [0, 2]
    timed = "images_per_second"
    assert str({**whole.metrics, timed: 0}) == str({**resumed.metrics, timed: 0})
    assert whole.metrics["train.loss"] != plain.metrics["train.loss"]


def test_it_trains_alone_for_a_reason() -> None:
    assert must_train_alone(DROPS) == "network.dropout draws for one trial"


@pytest.mark.parametrize("dropout", [-0.1, 1.0])
def test_a_share_is_one(dropout: float) -> None:
    with pytest.raises(ValueError, match="dropout < 1 must hold"):
        MNIST2DSettings(dropout=dropout)


def test_torchvisions_own_feature_is_not_dropped() -> None:
    with pytest.raises(ValueError, match="dropout is 0, or dimension is given"):
        TorchvisionSettings(dropout=0.5)
