"""Averaged weights: PyTorch's own beside a plain training, evaluated, kept, resumed bit for bit."""

from __future__ import annotations

import io
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from tasks import task_of
from torch.optim.swa_utils import (
    AveragedModel,
    get_ema_multi_avg_fn,
    get_swa_multi_avg_fn,
    update_bn,
)

from incay.trainables.averaging import AverageSettings
from incay.trainables.conformance.small_trials import small_config, small_data
from incay.trainables.fingerprint import code_files, code_version
from incay.trainables.networks.mnist import MNISTNetworkSettings
from incay.trainables.networks.torchvision import TorchvisionSettings
from incay.trainables.stacking.key import must_train_alone
from incay.trainables.store.trials import Store
from incay.trainables.training.settings import SplitSettings
from incay.trainables.training.trainer import Trainer
from incay.trainables.worker.model import load_model
from incay.trainables.worker.session import train

torch.set_num_threads(1)
CPU = torch.device("cpu")
PLAIN = small_config(
    network=MNISTNetworkSettings(width=0.1, dimension=4),
    steps=12,
    reports=12,
    split=SplitSettings(validation=0.3, test="reports"),
)
EMA = AverageSettings(name="ema", decay=0.8, warmup=False)
SWA = AverageSettings(name="swa", start=0.5, every=2)


def trained(config, data=None) -> Trainer:
    trainer = Trainer(config, data or small_data(), CPU)
    while not trainer.finished:
        trainer.advance()
    return trainer


def beside_plain_training(function, buffers: bool, due: range) -> tuple[AveragedModel, Trainer]:
    """Return PyTorch's average of a plain training's network at some steps, and that training."""
    plain = Trainer(PLAIN, small_data(), CPU)
    average = AveragedModel(plain.network, multi_avg_fn=function, use_buffers=buffers)
    while not plain.finished:
        plain.advance()
        if plain.step in due:
            average.update_parameters(plain.network)
    return average, plain


def assert_network(trainer: Trainer, expected: torch.nn.Module) -> None:
    found = trainer.network.state_dict()
    for name, value in expected.state_dict().items():
        if value.is_floating_point():
            torch.testing.assert_close(found[name], value, rtol=0, atol=0, msg=name)


def test_ema_is_pytorchs_with_buffers() -> None:
    expected, _ = beside_plain_training(get_ema_multi_avg_fn(0.8), True, range(1, 13))
    assert_network(trained(replace(PLAIN, average=EMA)), expected.module)


def test_a_warm_decay_begins_small() -> None:
    taken = iter(range(1, 13))

    def warm(averages, values, _) -> None:
        n = next(taken)
        get_ema_multi_avg_fn(min(0.8, (1 + n) / (10 + n)))(averages, values, n)

    expected, _ = beside_plain_training(warm, False, range(1, 13))
    ended = trained(replace(PLAIN, average=replace(EMA, warmup=True)))
    parameters = dict(expected.module.named_parameters())
    for name, value in ended.network.named_parameters():
        assert torch.equal(value, parameters[name]), name


def test_swa_is_pytorchs_with_statistics_of_the_last_epoch() -> None:
    """Half of twelve steps come before; then each second: the steps 8, 10 and 12."""
    expected, plain = beside_plain_training(get_swa_multi_avg_fn(), False, range(8, 13, 2))
    per_epoch = len(plain._data.train) // PLAIN.batch_size
    batches = [plain._batches(step)[0] for step in range(12 - per_epoch, 12)]
    update_bn(batches, expected.module)
    assert_network(trained(replace(PLAIN, average=SWA)), expected.module)


@pytest.mark.parametrize("average", [EMA, SWA], ids=["ema", "swa"])
def test_training_goes_on_without_the_average(average: AverageSettings) -> None:
    plain, averaged = trained(PLAIN), trained(replace(PLAIN, average=average))
    for one, other in zip(plain.history, averaged.history, strict=True):
        shared = [name for name in one if name.startswith("train.")]
        assert {name: one[name] for name in shared} == {name: other[name] for name in shared}
    assert plain.history[-1]["val.loss"] != averaged.history[-1]["val.loss"]
    before = [row["val.loss"] for row in averaged.history[:7]]
    same = before == [row["val.loss"] for row in plain.history[:7]]
    assert same == (average is SWA), "before its first average the weights themselves are told"


@pytest.mark.parametrize("average", [EMA, SWA, replace(SWA, start=0.0, every=1)])
@pytest.mark.parametrize("left_at", [2, 9, 12])
def test_resumed_is_uninterrupted(average: AverageSettings, left_at: int) -> None:
    config, data = replace(PLAIN, average=average, reports=4), small_data()
    whole = trained(config, data)
    first = Trainer(config, data, CPU)
    while first.step < left_at:
        first.advance()
    buffer = io.BytesIO()
    torch.save(first.state_dict(), buffer)
    buffer.seek(0)
    later = Trainer(config, data, CPU)
    later.load_state_dict(torch.load(buffer, weights_only=True))
    while not later.finished:
        later.advance()
    for one, other in zip(whole.history, later.history, strict=True):
        timed = {"images_per_second"}
        names = one.keys() - timed
        assert str([one[name] for name in names]) == str([other[name] for name in names])
    ended = whole.state_dict()["modules"]
    for key, value in later.state_dict()["modules"].items():
        assert torch.equal(value, ended[key]), key


def test_the_kept_model_and_its_metrics_are_of_the_average(tmp_path: Path) -> None:
    store, data = Store(tmp_path), small_data()
    task = replace(task_of(replace(PLAIN, average=SWA)), keep_model=True)
    record = train(task, data, store, CPU)
    model = load_model(store, record.fingerprint)
    wrong = (model.predict(data.test.images) != data.test.labels).mean()
    assert record.metrics["test.error"] == pytest.approx(100 * wrong)
    assert_network(trained(task.config), model.network)


def test_a_frozen_norm_keeps_its_statistics() -> None:
    network = TorchvisionSettings(stem="cifar", freeze="backbone", dimension=4, feature="bn_relu")
    config = replace(PLAIN, network=network, average=SWA, steps=4, reports=1)
    before = Trainer(config, small_data((3, 32, 32)), CPU)
    expected = {name: value.clone() for name, value in before.network.trunk.state_dict().items()}
    ended = trained(config, small_data((3, 32, 32)))
    for name, value in ended.network.trunk.state_dict().items():
        assert torch.equal(value, expected[name]), name
    assert ended.network.head.norm.momentum is not None


def test_an_average_that_is_off_is_no_code_of_a_trial() -> None:
    def counted(config) -> set[str]:
        return {each for each in code_files(config) if ".averaging" in each}

    assert counted(PLAIN) == set()
    averaged = replace(PLAIN, average=EMA)
    assert "incay.trainables.averaging.modules.average" in counted(averaged)
    assert code_version(averaged) != code_version(PLAIN)


@pytest.mark.parametrize(
    ("values", "steps"),
    [
        ({"name": "mean"}, 12),
        ({"name": "ema", "decay": 1.0}, 12),
        ({"name": "swa", "start": 1.0}, 12),
        ({"name": "swa", "every": 0}, 12),
        ({"name": "swa", "start": 0.75, "every": 4}, 12),
    ],
)
def test_what_cannot_be_averaged_is_refused(values, steps) -> None:
    with pytest.raises(ValueError, match="must hold"):
        replace(PLAIN, average=AverageSettings(**values), steps=steps)


def test_they_train_alone_for_a_reason() -> None:
    assert must_train_alone(replace(PLAIN, average=EMA)) == (
        "average.name: ema keeps weights of one trial"
    )
    assert must_train_alone(PLAIN) == ""
