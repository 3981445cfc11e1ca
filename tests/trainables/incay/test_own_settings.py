"""Settings of a form's own: the power family, and what is refused."""

from __future__ import annotations

import json
import math
import pickle
from dataclasses import replace

import pytest
import torch

from incay.trainables.config import TrialConfig
from incay.trainables.incay import forms
from incay.trainables.incay.modules.term import Incay
from incay.trainables.incay.settings import IncaySettings
from incay.trainables.store.later import asks_for_later

SQUARED = torch.tensor([0.0, 1e-4, 1.0, 9.0, 1e6], dtype=torch.float64)


def power(exponent: float) -> IncaySettings:
    return IncaySettings(form="power", weight=0.5, settings={"exponent": exponent})


@pytest.mark.parametrize(("exponent", "form"), [(-2, "reciprocal"), (0, "log")])
def test_members_of_the_power_family(exponent: float, form: str) -> None:
    found = forms["power"].penalty(SQUARED, 1e-3, exponent=exponent)  # type: ignore[call-arg]
    assert torch.allclose(found, forms[form].penalty(SQUARED, 1e-3), rtol=1e-12, atol=0)


def test_the_second_power_is_linear_but_for_a_constant() -> None:
    found = forms["power"].penalty(SQUARED, 1e-3, exponent=2.0)  # type: ignore[call-arg]
    assert torch.allclose(found + 1e-3, forms["linear"].penalty(SQUARED, 1e-3), rtol=1e-12)


@pytest.mark.parametrize("exponent", [-3.0, -1.0, -0.5, 0.0, 0.5, 1.0, 3.0])
def test_each_pulls_outwards_as_its_power_says(exponent: float) -> None:
    feature = torch.tensor([[3.0, 4.0]], requires_grad=True)
    term = Incay(power(exponent))(feature, torch.ones(1, dtype=torch.bool), 0)
    assert term is not None
    (pull,) = torch.autograd.grad(-term.value_B.sum(), feature)
    size = 2 / 5 if exponent == 0.0 else abs(exponent) * 5 ** (exponent - 1)
    assert torch.allclose(pull, size * feature.detach() / 5, rtol=1e-4)


def test_they_are_kept_with_the_trial() -> None:
    config = TrialConfig(incay=power(-1))
    assert config.incay.settings == {"exponent": -1.0}
    assert TrialConfig.from_dict(json.loads(json.dumps(config.to_dict()))) == config
    assert pickle.loads(pickle.dumps(config)) == config
    assert hash(config) == hash(TrialConfig(incay=power(-1)))
    texts = {TrialConfig(incay=power(each)).canonical_json() for each in (-1, 1, 2)}
    assert len(texts) == 3
    assert IncaySettings(form="power", weight=0.5) == power(-1)  # its default


def test_forms_without_any_are_filed_as_before() -> None:
    for form in ("log", "linear", "reciprocal"):
        config = TrialConfig(incay=IncaySettings(form=form, weight=1.0)).to_dict()
        assert not asks_for_later(config)
    off = TrialConfig(incay=replace(power(1), weight=0.0))
    assert off.canonical_json() == TrialConfig().canonical_json()


@pytest.mark.parametrize(
    ("form", "settings", "message"),
    [
        ("power", {"exponen": 1}, r"must be one of exponent, but got 'exponen' \(did you mean"),
        ("power", {"exponent": "2"}, "settings.exponent must be a finite number, but got '2'"),
        ("power", {"exponent": True}, "settings.exponent must be a finite number, but got True"),
        ("power", {"exponent": math.nan}, "settings.exponent must be a finite number"),
        ("power", {"exponent": 9}, "settings.exponent between -4 and 4 must hold, but got 9"),
        ("log", {"exponent": 1}, "settings must be left out: form log has none of its own"),
        ("none", {"exponent": 1}, "settings must be left out where form is none"),
    ],
)
def test_what_is_refused(form: str, settings: dict[str, object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        IncaySettings(form=form, weight=0.0, settings=settings)
