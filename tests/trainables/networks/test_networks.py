"""Every registered network: shapes, settings, counts, and a few steps of training."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from network_cases import CASES
from torch import nn

from incay.testing import check_network
from incay.trainables.config import TrialConfig
from incay.trainables.data.base import ImageData, Split
from incay.trainables.incay.settings import IncaySettings
from incay.trainables.networks import networks
from incay.trainables.networks.base import PLACEMENTS, FeaturePlacement
from incay.trainables.networks.modules.base import FeatureNetwork
from incay.trainables.networks.modules.summary import layer_table
from incay.trainables.optimizers.sgd import SGDSettings
from incay.trainables.training.settings import SplitSettings
from incay.trainables.training.trainer import Trainer

NAMES = sorted(CASES)


def small(name: str, image_shape: tuple[int, int, int], **settings: object) -> FeatureNetwork:
    """Build a network of an eighth of its width."""
    values: dict[str, object] = {"width": 0.125, "dimension": 16, **settings}
    torch.manual_seed(0)
    return networks[name](**values).build(image_shape)  # type: ignore[arg-type]


def test_every_registered_network_has_a_case() -> None:
    assert set(CASES) == set(networks) - {"torchvision"}  # which has a file of tests


@pytest.mark.parametrize("name", NAMES)
def test_keeps_what_every_network_must_keep(name: str) -> None:
    settings: dict[str, float] = {"width": 0.05, "dimension": 16}
    assert check_network(networks[name](**settings), image_shape=(1, 16, 16)) == ""


@pytest.mark.parametrize("name", NAMES)
def test_counts_are_those_worked_by_hand(name: str) -> None:
    case = CASES[name]
    table = layer_table(networks[name](), case.image_shape)
    rows = {row.name: (row.output_shape, row.parameters, row.multiply_adds) for row in table}
    for layer, *expected in case.layers:
        assert rows[layer] == tuple(expected)
    assert sum(row.parameters for row in table) == case.parameters
    assert sum(row.multiply_adds for row in table) == case.multiply_adds


@pytest.mark.parametrize("name", NAMES)
def test_table_counts_every_parameter_and_leaves_the_random_state(name: str) -> None:
    settings = networks[name](width=0.125)
    before = torch.random.get_rng_state()
    table = layer_table(settings, CASES[name].image_shape)
    assert torch.equal(torch.random.get_rng_state(), before)
    built = settings.build(CASES[name].image_shape)
    assert sum(row.parameters for row in table) == sum(p.numel() for p in built.parameters())


@pytest.mark.parametrize("name", NAMES)
def test_defaults_are_the_papers(name: str) -> None:
    settings = networks[name]()
    assert settings.feature == CASES[name].placement
    assert settings.dimension == CASES[name].dimension
    assert settings.width == settings.feature_scale == 1.0
    assert settings.citation


@pytest.mark.parametrize("placement", PLACEMENTS)
@pytest.mark.parametrize("name", NAMES)
def test_features_have_the_dimension_and_the_placement(
    name: str, placement: FeaturePlacement
) -> None:
    network = small(name, (3, 24, 20), feature=placement)
    features = network(torch.randn(5, 3, 24, 20))
    assert features.shape == (5, network.num_features) == (5, 16)
    assert features.dtype == torch.float32
    assert (features < 0).any() == (placement == "linear")
    norms = [module for module in network.head.modules() if isinstance(module, nn.BatchNorm1d)]
    assert len(norms) == (placement == "bn_relu")


@pytest.mark.parametrize("name", NAMES)
def test_feature_scale_multiplies_features_and_nothing_else(name: str) -> None:
    images = torch.randn(4, 1, 16, 16)
    plain, scaled = small(name, (1, 16, 16)), small(name, (1, 16, 16), feature_scale=4.0)
    torch.testing.assert_close(scaled(images), 4.0 * plain(images))
    for (key, a), (_, b) in zip(
        plain.state_dict().items(), scaled.state_dict().items(), strict=True
    ):
        assert torch.equal(a, b), key


@pytest.mark.parametrize("name", NAMES)
def test_images_may_be_grey_or_in_colour_and_of_odd_sizes(name: str) -> None:
    smallest = CASES[name].smallest
    for shape in ((1, smallest, smallest), (3, smallest + 3, smallest + 10)):
        features = small(name, shape)(torch.randn(2, *shape))
        assert features.shape == (2, 16)
        assert features.isfinite().all()


@pytest.mark.parametrize("name", NAMES)
def test_images_that_are_too_small_are_refused(name: str) -> None:
    smallest = CASES[name].smallest
    with pytest.raises(ValueError, match=f">= {smallest} for network {name} must hold"):
        small(name, (1, smallest, smallest - 1))


@pytest.mark.parametrize("name", NAMES)
def test_width_multiplies_channels_but_not_the_feature(name: str) -> None:
    half, full = networks[name](width=0.5), networks[name]()
    shape = CASES[name].image_shape
    for a, b in zip(layer_table(half, shape), layer_table(full, shape), strict=True):
        assert a.name == b.name
        if len(a.output_shape) == 3:
            assert 2 * a.output_shape[0] == b.output_shape[0]
        elif a.kind == "Linear":
            assert a.output_shape == b.output_shape == (full.dimension,)


def test_channels_never_vanish() -> None:
    assert networks["mnist-2d"](width=1e-6).channels(20) == 1


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"width": 0.0}, "width > 0"),
        ({"width": 17.0}, "width <= 16"),
        ({"dimension": 0}, "dimension >= 1"),
        ({"feature": "tanh"}, "feature in"),
        ({"feature_scale": math.inf}, "feature_scale > 0 and finite"),
    ],
)
@pytest.mark.parametrize("name", NAMES)
def test_settings_out_of_range_are_refused(
    name: str, settings: dict[str, object], message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        networks[name](**settings)  # type: ignore[arg-type]


@pytest.mark.parametrize("name", NAMES)
def test_features_stay_float32_under_autocast(name: str) -> None:
    network = small(name, (1, 16, 16)).eval()
    images = torch.randn(4, 1, 16, 16)
    exact = network(images)
    with torch.autocast("cpu", torch.bfloat16):
        rounded = network(images)
    assert rounded.dtype == torch.float32
    torch.testing.assert_close(
        rounded, exact, rtol=0.1, atol=0.1 * float(exact.detach().abs().max())
    )
    # Of bfloat16's 8 bits of mantissa, features have more: they are not rounded to it.
    assert not torch.equal(rounded, rounded.bfloat16().float())


@pytest.mark.parametrize(
    "incay",
    # A small λ: SphereNet's features start near 0, where the term's gradient is steep.
    [IncaySettings(), IncaySettings(form="reciprocal", weight=1e-6)],
    ids=["softmax", "rn-softmax"],
)
@pytest.mark.parametrize("name", NAMES)
def test_three_steps_of_training(name: str, incay: IncaySettings) -> None:
    draw = np.random.default_rng(0)
    images = draw.integers(0, 256, (24, 1, 16, 16), dtype=np.uint8)
    split = Split(images, np.arange(24) % 3)
    data = ImageData(train=split, test=split, class_names=("a", "b", "c"))
    config = TrialConfig(
        network=networks[name](width=0.125, dimension=8),
        incay=incay,
        optimizer=SGDSettings(lr=0.01),
        split=SplitSettings(test="final"),
        steps=3,
        batch_size=8,
        reports=1,
    )
    trainer = Trainer(config, data, torch.device("cpu"))
    before = {key: value.clone() for key, value in trainer.network.named_parameters()}
    metrics = trainer.advance()
    assert trainer.finished
    assert math.isfinite(metrics["train.loss"])
    assert 0.0 <= metrics["test.error"] <= 100.0
    assert ("train.incay" in metrics) == incay.active
    changed = [
        not torch.equal(value, before[key]) for key, value in trainer.network.named_parameters()
    ]
    assert all(changed)
