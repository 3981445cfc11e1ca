"""Which parameters decay and how fast they learn: the authors' per-parameter rules."""

from __future__ import annotations

import pytest
from network_cases import CASES

from incay.trainables.networks import networks
from incay.trainables.optimizers.modules.update import Update
from incay.trainables.optimizers.sgd import SGDSettings


def rule_of(name: str) -> tuple[float, float]:
    """(weight decay, learning rate) of a parameter by its name, for μ = 0.25 and lr = 1."""
    layer, kind = name.split(".")[-2:]
    if "norm" in layer:
        return 0.0, 1.0
    return (0.0, 2.0) if kind == "bias" else (0.25, 1.0)


@pytest.mark.parametrize("name", sorted(CASES))
def test_parameters_follow_the_authors_rules(name: str) -> None:
    network = networks[name](width=0.125).build(CASES[name].image_shape)
    update = Update(SGDSettings(weight_decay=0.25), network)
    update.set_lr(1.0)
    found = {
        id(parameter): (group["weight_decay"], group["lr"])
        for group in update.optimizer.param_groups
        for parameter in group["params"]
    }
    parameters = dict(network.named_parameters())
    assert len(found) == len(parameters)
    for key, parameter in parameters.items():
        assert found[id(parameter)] == rule_of(key), key
