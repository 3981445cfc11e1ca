"""Pooling before ReLU changes no bit of what is trained, evaluated or handed on."""

from __future__ import annotations

import itertools
from dataclasses import replace

import pytest
import torch
from torch import nn
from trainings import CPU, trained

from incay.trainables.averaging import AverageSettings
from incay.trainables.config import TrialConfig
from incay.trainables.data.base import ImageData
from incay.trainables.data.digits import DigitsSettings
from incay.trainables.incay.settings import IncaySettings
from incay.trainables.networks.base import NetworkSettings
from incay.trainables.networks.mnist import MNISTNetworkSettings
from incay.trainables.networks.mnist_2d import MNIST2DSettings
from incay.trainables.networks.spherenet import SphereNet20Settings
from incay.trainables.training.opened import OpenTrainer
from incay.trainables.training.settings import SplitSettings
from incay.trainables.training.trainer import Trainer

CONFIG = TrialConfig(
    incay=IncaySettings(form="reciprocal", weight=0.1),
    split=SplitSettings(validation=0.2, test="reports"),
    steps=12,
    batch_size=64,
    reports=3,
)
NETWORKS: dict[str, NetworkSettings] = {
    "mnist-2d": MNIST2DSettings(width=0.3, dimension=4),
    "first-unpooled": MNIST2DSettings(width=0.3, dimension=4, pool_first=False),
    "mnist": MNISTNetworkSettings(width=0.1, dimension=16),
}
AVERAGED = replace(CONFIG, average=AverageSettings(name="swa", start=0.3))
NOT_NUMBERS_OF_TRAINING = ("images_per_second",)


@pytest.fixture(scope="module")
def digits() -> ImageData:
    return DigitsSettings().load(None)


@pytest.mark.parametrize("precision", ["fp32", "bf16"])
@pytest.mark.parametrize("name", NETWORKS)
def test_a_trial_has_the_bits_of_the_network_as_it_is_defined(
    name: str, precision: str, digits: ImageData
) -> None:
    config = replace(CONFIG, network=NETWORKS[name], precision=precision)  # type: ignore[arg-type]
    assert_same(config, digits)


def test_averaged_weights_are_the_same(digits: ImageData) -> None:
    assert_same(replace(AVERAGED, network=NETWORKS["mnist-2d"]), digits)


def assert_same(config: TrialConfig, data: ImageData) -> None:
    plain, fast = trained(config, data), OpenTrainer(config, data, CPU)
    while not fast.finished:
        fast.advance()
    kinds = [type(layer) for layer in fast.network.trunk.children()]
    assert (nn.MaxPool2d, nn.ReLU) in list(itertools.pairwise(kinds))
    assert without_times(fast.history) == without_times(plain.history)
    ours, theirs = fast.state_dict()["modules"], plain.state_dict()["modules"]
    assert list(ours) == list(theirs), "names and order of weights stay"
    for name, value in theirs.items():  # the running mean of an unused threshold is NaN
        assert torch.allclose(ours[name], value, rtol=0.0, atol=0.0, equal_nan=True), name
    found, expected = fast.samples(), plain.samples()
    assert found is not None
    assert expected is not None
    assert torch.equal(found[1].features, expected[1].features)


def without_times(history: list[dict[str, float]]) -> list[dict[str, float]]:
    return [
        {name: each for name, each in row.items() if name not in NOT_NUMBERS_OF_TRAINING}
        for row in history
    ]


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16], ids=str)
@pytest.mark.parametrize("layout", [torch.channels_last, torch.contiguous_format], ids=str)
def test_ties_zeros_and_what_is_no_number_pass_alike(
    dtype: torch.dtype, layout: torch.memory_format
) -> None:
    """Few different values, so that most windows hold equal ones, and windows cut by the edge."""
    draw = torch.Generator().manual_seed(0)
    values = torch.tensor([-torch.inf, -1.0, -0.0, 0.0, 1e-40, 1.0, 2.0, torch.inf, torch.nan])
    images = values[torch.randint(len(values), (8, 20, 9, 9), generator=draw)]
    images[:, :10] = images[:, :10].nan_to_num(0.0, 1.0, -1.0)
    gradient = torch.randn(8, 20, 5, 5, generator=draw).to(dtype)
    found = []
    relu, pool = nn.ReLU(), nn.MaxPool2d(2, ceil_mode=True)
    for chain in (nn.Sequential(relu, pool), nn.Sequential(pool, relu)):
        leaf = images.to(dtype).contiguous(memory_format=layout).requires_grad_()
        output = chain(leaf)
        output.backward(gradient)
        assert leaf.grad is not None
        found.append((output.detach(), leaf.grad))
    assert torch.equal(found[0][0].nan_to_num(99.0), found[1][0].nan_to_num(99.0))
    assert torch.equal(found[0][1], found[1][1])


def test_other_networks_stay_as_they_are(digits: ImageData) -> None:
    config = replace(CONFIG, network=SphereNet20Settings(width=0.1, dimension=8))
    plain, fast = Trainer(config, digits, CPU), OpenTrainer(config, digits, CPU)
    assert repr(fast.network) == repr(plain.network)
