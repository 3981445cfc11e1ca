"""What every incay form must keep: see `incay.trainables.incay.base.IncayForm`."""

from __future__ import annotations

from dataclasses import replace

import torch
from torch import Tensor

from incay.trainables.conformance.claims import claim, claim_finite, claim_tensor, no_draws, same
from incay.trainables.conformance.small_trials import (
    check_training,
    claim_equal_trials,
    small_config,
    small_data,
    trained,
)
from incay.trainables.incay import IncayForm, forms
from incay.trainables.incay.modules.term import Incay
from incay.trainables.incay.settings import IncaySettings

LENGTHS = (0.0, 1e-30, 1e-12, 1e-4, 1.0, 1e6)
"""Norms of features that must give finite numbers."""


def check_form(form: type[IncayForm]) -> str:
    """Check what every incay form must keep.

    That is: one number for each sample; a gradient that finite differences give, in float64;
    finite numbers for norms of 0 to 10⁶; no random numbers; float32 under bf16 autocast; λ = 0,
    and a term that has not begun, are the plain loss bit for bit; a resumed trial is the
    uninterrupted one.

    Args:
        form: The registered form.

    Returns:
        Why its trials must train one by one where a study asks for stacks; nothing if they can be
        stacked.

    Raises:
        AssertionError: Something does not hold.
    """
    name = getattr(form, "name", form.__name__)
    what = f"incay form {name!r}"
    registered = name in forms and forms[name] is form
    claim(registered, f"{what} must be registered by @register_form", form)
    squared_B = torch.tensor([0.01, 0.5, 1.0, 9.0], dtype=torch.float64)
    before_B = squared_B.clone()
    with no_draws(what):
        claim_tensor(f"{what}: the penalty", form.penalty(squared_B, 1e-3), (4,))
    changed = not torch.equal(squared_B, before_B)
    claim(not changed, f"{what} must leave what it is given as it is", "other numbers in it")
    _claim_gradient(what, form, squared_B)
    for length in LENGTHS:
        _claim_finite_at(what, name, length)
    _claim_float32_under_autocast(what, name)
    return _check_trials(what, name)


def _claim_gradient(what: str, form: type[IncayForm], squared_B: Tensor) -> None:
    try:
        torch.autograd.gradcheck(
            lambda given_B: form.penalty(given_B, 1e-3), (squared_B.clone().requires_grad_(),)
        )
    except RuntimeError as error:
        said = " ".join(str(error).split())
        raise AssertionError(
            f"{what}: its gradient must be what finite differences give, but: {said}"
        ) from error


def _claim_finite_at(what: str, name: str, length: float) -> None:
    features_BD = torch.randn((4, 3), generator=torch.Generator().manual_seed(0))
    features_BD = length * torch.nn.functional.normalize(features_BD, dim=1)
    features_BD = features_BD.requires_grad_()
    term = _term(name, features_BD)
    claim_tensor(f"{what}: the penalty at ‖f‖ = {length:g}", term, (4,))
    torch.autograd.backward(term.mean())
    assert features_BD.grad is not None
    claim_finite(f"{what}: the gradient at ‖f‖ = {length:g}", features_BD.grad)


def _claim_float32_under_autocast(what: str, name: str) -> None:
    half_BD = torch.randn((4, 3), generator=torch.Generator().manual_seed(0)).bfloat16()
    with torch.autocast("cpu", torch.bfloat16):
        inside_B = _term(name, half_BD)
    claim(inside_B.dtype == torch.float32, f"{what} must be float32", inside_B.dtype)
    equal = same(inside_B, _term(name, half_BD.float()))
    claim(equal, f"{what} must be the same under bf16 autocast", "other numbers")


def _term(name: str, features_BD: Tensor) -> Tensor:
    correct_B = torch.ones(len(features_BD), dtype=torch.bool)
    term = Incay(IncaySettings(form=name, weight=1.0))(features_BD, correct_B, 0)
    assert term is not None  # it has begun
    value_B: Tensor = term.value_B
    return value_B


def _check_trials(what: str, name: str) -> str:
    config, data = small_config(), small_data()
    plain = trained(what, config, data)
    for off, why in (
        (IncaySettings(form=name, weight=0.0), "a weight of 0"),
        (IncaySettings(form=name, weight=1.0, start_step=config.steps), "a later start"),
    ):
        claim_equal_trials(
            f"{what}: {why} must be the plain loss, bit for bit",
            trained(what, replace(config, incay=off), data),
            plain,
        )
    incay = IncaySettings(form=name, weight=1e-4, threshold="3 x mean", gate="correct")
    return check_training(what, replace(config, incay=incay), data)
