"""Networks with one fault each: the check names it, and passes the same one without it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from incay.components import (
    FeatureNetwork,
    NetworkSettings,
)
from incay.testing import check_network

torch.set_num_threads(1)


@dataclass(frozen=True, kw_only=True)
class OneNetwork(NetworkSettings):
    """A linear layer, with whatever `between` adds."""

    dimension: int = 4
    between: str = "nothing"
    size: int = 4
    unused: bool = False
    image_shape = (1, 16, 16)
    name = "one"

    def build(self, image_shape: tuple[int, int, int]) -> FeatureNetwork:
        network = FeatureNetwork()
        network.trunk = nn.Sequential(nn.Flatten(), BETWEEN[self.between]())
        network.head = self.build_head(16 * 16)
        network.num_features = self.size
        if self.unused:
            network.extra = nn.Linear(2, 2)
        return network


class Centred(nn.Module):
    def forward(self, flat_BF: Tensor) -> Tensor:
        return flat_BF - flat_BF.mean(dim=0)


class AlwaysDrops(nn.Module):
    def forward(self, flat_BF: Tensor) -> Tensor:
        return nn.functional.dropout(flat_BF, 0.5, training=True)


class Unit(nn.Module):
    def forward(self, flat_BF: Tensor) -> Tensor:
        return flat_BF / flat_BF.norm(dim=1, keepdim=True)


class Counts(nn.Module):
    """Remembers its steps where no checkpoint looks."""

    count = 0

    def forward(self, flat_BF: Tensor) -> Tensor:
        self.count += self.training
        return flat_BF * (1.0 + self.count)


BETWEEN: dict[str, Callable[[], nn.Module]] = {
    "nothing": nn.Identity,
    "dropout": nn.Dropout,
    "batch norm": lambda: nn.BatchNorm1d(256),
    "centred": Centred,
    "always drops": AlwaysDrops,
    "unit": Unit,
    "counts": Counts,
}


@pytest.mark.parametrize("between", ["nothing", "dropout", "batch norm"])
def test_a_sound_network_passes(between: str) -> None:
    stacked = check_network(OneNetwork(between=between))
    assert (stacked == "") == (between != "dropout"), stacked


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        ({"size": 5}, r"features must have the shape \(5, 5\), but got \(5, 4\)"),
        ({"between": "centred"}, "must not depend on the others of its batch"),
        ({"between": "always drops"}, "in evaluation must draw no random numbers"),
        ({"between": "unit"}, "features of black images must be finite"),
        ({"between": "counts"}, "goes on from a checkpoint|two trials of one configuration"),
        ({"unused": True}, "extra.weight must have a gradient, but got none"),
    ],
)
def test_a_fault_of_a_network_is_told(settings: dict[str, Any], told: str) -> None:
    with pytest.raises(AssertionError, match=f"network 'one'.*(?:{told})"):
        check_network(OneNetwork(**settings))
