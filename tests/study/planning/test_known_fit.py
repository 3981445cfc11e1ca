"""What is taken to fit without being built does fit."""

from __future__ import annotations

from itertools import product

import pytest

from incay.study.planning.checks.first_step import refusal
from incay.study.planning.checks.known_fit import surely_fits
from incay.trainables.config import TrialConfig
from incay.trainables.losses import losses
from incay.trainables.networks import networks
from incay.trainables.networks.base import PLACEMENTS, NetworkSettings

OURS = sorted(name for name in networks if name != "torchvision")


def networks_of(name: str) -> list[NetworkSettings]:
    kind = networks[name]
    return [
        kind(width=width, dimension=dimension, feature=feature, dropout=dropout)
        for width, dimension, feature, dropout in product(
            (0.01, 1.0), (1, 2, 512), PLACEMENTS, (0.0, 0.5)
        )
    ]


@pytest.mark.parametrize("name", OURS)
def test_networks_take_the_images_of_their_paper_and_larger_ones(name: str) -> None:
    for network in networks_of(name):
        for larger in (0, 1, 61):
            channels, height, width = network.image_shape
            shape = (channels, height + larger, width + larger)
            config = TrialConfig(network=network)
            assert surely_fits(config, shape, 10, 32)
            assert refusal(config, shape, 10, 32) == ("", "")


@pytest.mark.parametrize("name", [*losses])
def test_losses_tell_classes_apart(name: str) -> None:
    loss = losses[name]()
    for dimension, classes in product((1, 2, 8, 512), (2, 10, 1000)):
        network = networks["mnist-2d"](dimension=dimension, width=0.1)
        config = TrialConfig(network=network, loss=loss)
        if surely_fits(config, (1, 28, 28), classes, 32):
            assert refusal(config, (1, 28, 28), classes, 32) == ("", "")


@pytest.mark.parametrize(
    ("network", "shape", "classes", "batch_size"),
    [
        ({}, (1, 27, 28), 10, 32),
        ({}, (1, 28, 28), 1, 32),
        ({}, (1, 28, 28), 10, 1),
        ({"width": 2.0}, (1, 28, 28), 10, 32),
        ({"dimension": 10**9}, (1, 28, 28), 10, 32),
    ],
)
def test_what_must_be_tried(
    network: dict[str, float], shape: tuple[int, int, int], classes: int, batch_size: int
) -> None:
    config = TrialConfig(network=networks["mnist-2d"](**network))
    assert not surely_fits(config, shape, classes, batch_size)
