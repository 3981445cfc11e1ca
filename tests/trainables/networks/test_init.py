"""Initial weights: distributions by the authors' definitions."""

from __future__ import annotations

import math

import pytest
import torch
from torch import nn

from incay.trainables.networks import networks
from incay.trainables.networks.modules.init import gaussian, msra, xavier
from incay.trainables.networks.modules.spherenet import RESIDUAL_STD, ResidualUnit

LAYERS = [nn.Conv2d(64, 96, 3), nn.Linear(576, 256)]  # both with 576 inputs per output


@pytest.mark.parametrize("layer", LAYERS, ids=["conv", "linear"])
def test_msra_is_normal_with_variance_2_over_fan_in(layer: nn.Conv2d | nn.Linear) -> None:
    torch.manual_seed(0)
    msra(layer)
    weight = layer.weight.detach()
    assert float(weight.std()) == pytest.approx(math.sqrt(2 / 576), rel=0.02)
    assert float(weight.abs().max()) > 3.5 * math.sqrt(2 / 576)  # tails: not uniform
    assert layer.bias is not None
    assert not layer.bias.any()


@pytest.mark.parametrize("layer", LAYERS, ids=["conv", "linear"])
def test_xavier_is_uniform_with_variance_1_over_fan_in(layer: nn.Conv2d | nn.Linear) -> None:
    torch.manual_seed(0)
    xavier(layer)
    weight, bound = layer.weight.detach(), math.sqrt(3 / 576)
    assert float(weight.std()) == pytest.approx(math.sqrt(1 / 576), rel=0.02)
    assert 0.999 * bound < float(weight.abs().max()) <= bound


def test_gaussian_has_the_standard_deviation() -> None:
    layer = nn.Conv2d(64, 64, 3)
    torch.manual_seed(0)
    gaussian(layer, 0.01)
    assert float(layer.weight.detach().std()) == pytest.approx(0.01, rel=0.02)


def test_a_residual_unit_starts_close_to_the_identity() -> None:
    torch.manual_seed(0)
    unit = ResidualUnit(64)
    x = torch.randn(2, 64, 8, 8)
    residual = unit(x) - x
    # Each convolution multiplies the standard deviation by about 0.01·√576, and PReLU shrinks it.
    assert 0.0 < float(residual.detach().std()) < (RESIDUAL_STD * math.sqrt(576)) ** 2


def test_a_residual_unit_is_the_sum_written_out() -> None:
    torch.manual_seed(0)
    unit = ResidualUnit(3).double()
    x = torch.randn(2, 3, 5, 5, dtype=torch.float64)

    def prelu_conv(values: torch.Tensor, weight: torch.Tensor) -> torch.Tensor:
        out = nn.functional.conv2d(values, weight, padding=1)
        return torch.where(out > 0, out, 0.25 * out)

    expected = x + prelu_conv(prelu_conv(x, unit.conv1.weight), unit.conv2.weight)
    torch.testing.assert_close(unit(x), expected)


def test_initial_weights_follow_the_seed() -> None:
    def weights(seed: int) -> torch.Tensor:
        torch.manual_seed(seed)
        network = networks["spherenet-20"](width=0.125).build((3, 16, 16))
        return torch.cat([p.detach().flatten() for p in network.parameters()])

    assert torch.equal(weights(1), weights(1))
    assert not torch.equal(weights(1), weights(2))
