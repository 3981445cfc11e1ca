"""What every incay form must keep: see `incay.trainables.incay.base.IncayForm`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import torch
from torch import Tensor, nn
from torch.func import functional_call

from incay.trainables.conformance.claims import (
    claim,
    claim_finite,
    claim_finite_gradients,
    claim_tensor,
    no_draws,
    same,
)
from incay.trainables.conformance.small_trials import (
    check_training,
    claim_equal_trials,
    small_config,
    small_data,
    trained,
)
from incay.trainables.incay import IncayForm, forms, own_settings
from incay.trainables.incay.base import FormBatch, writes
from incay.trainables.incay.modules.term import Incay
from incay.trainables.incay.settings import IncaySettings
from incay.trainables.losses.softmax import SoftmaxSettings

LENGTHS = (0.0, 1e-30, 1e-12, 1e-4, 1.0, 1e6)
"""Norms of features that must give finite numbers."""
_DIMENSION = 3


def check_form(form: type[IncayForm]) -> str:
    """Check what every incay form must keep.

    That is: one number for each sample; a gradient that finite differences give, in float64, of
    features and of what is learned;
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
    if problem := own_settings.problem(form):
        raise AssertionError(f"{what} {problem}")
    features_BD = _features(torch.float64, torch.tensor([0.1, 0.7, 1.0, 3.0]))
    before_BD = features_BD.clone()
    term = _Term(name, torch.float64, epsilon=1e-3)
    with no_draws(what):
        claim_tensor(f"{what}: the penalty", term(features_BD), (4,))
    changed = not torch.equal(features_BD, before_BD)
    claim(not changed, f"{what} must leave what it is given as it is", "other numbers in it")
    _claim_gradient(what, term, features_BD)
    for length in LENGTHS:
        _claim_finite_at(what, name, length)
        _claim_unknown(what, form, length)
    _claim_float32_under_autocast(what, name)
    return _check_trials(what, name)


def _claim_unknown(what: str, form: type[IncayForm], length: float) -> None:
    """Claim that what is said of unknown samples is a finite number each, with its gradient."""
    for method in own_settings.UNKNOWN:
        if not form.background or not writes(form, method):
            continue
        features_BD = _features(torch.float32, torch.full((4,), length)).requires_grad_()
        value_B = _Term(form.name).unknown(method, features_BD)
        claim_tensor(f"{what}: {method} at ‖f‖ = {length:g}", value_B, (4,))
        torch.autograd.backward(value_B.mean())
        assert features_BD.grad is not None
        claim_finite(f"{what}: the gradient of {method} at ‖f‖ = {length:g}", features_BD.grad)


class _Term:
    """The term of a form with its default settings, and a loss whose logits it may ask for."""

    def __init__(
        self, name: str, dtype: torch.dtype = torch.float32, epsilon: float = 1e-6
    ) -> None:
        self.incay = Incay(IncaySettings(form=name, weight=1.0, epsilon=epsilon)).to(dtype)
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(0)
            self._loss = SoftmaxSettings().build(_DIMENSION, 5).to(dtype)

    def __call__(self, features_BD: Tensor, learned: Mapping[str, Tensor] | None = None) -> Tensor:
        correct_B = torch.ones(len(features_BD), dtype=torch.bool)
        given = (features_BD, correct_B, 0, self._loss.logits)
        term = functional_call(self.incay, dict(learned or {}), given)
        assert term is not None  # it has begun
        value_B: Tensor = term.value_B
        return value_B

    def unknown(self, method: str, features_BD: Tensor) -> Tensor:
        """Return what one of the form's methods says of unknown samples."""
        settings, form = self.incay.settings, forms[self.incay.settings.form]
        self(features_BD)  # what is learned begins
        counts_B = torch.ones(len(features_BD), dtype=torch.bool)
        batch = FormBatch(
            features_BD, counts_B, settings.epsilon, self.incay.learned, self._loss.logits
        )
        of = getattr(form, method)
        value_B: Tensor = of(batch, **own_settings.given_to(of, settings.settings))
        return value_B


def _features(dtype: torch.dtype, length_B: Tensor) -> Tensor:
    generator = torch.Generator().manual_seed(0)
    features_BD = torch.randn((len(length_B), _DIMENSION), generator=generator, dtype=dtype)
    return length_B.to(dtype).unsqueeze(1) * nn.functional.normalize(features_BD, dim=1)


def _claim_gradient(what: str, term: _Term, features_BD: Tensor) -> None:
    """Claim that autograd agrees with finite differences, for features and learned numbers."""
    learned = {name: value.detach() for name, value in term.incay.named_parameters()}
    inputs = [each.clone().requires_grad_() for each in (features_BD, *learned.values())]
    try:
        torch.autograd.gradcheck(
            lambda given_BD, *values: term(given_BD, dict(zip(learned, values, strict=True))),
            inputs,
        )
    except RuntimeError as error:
        said = " ".join(str(error).split())
        raise AssertionError(
            f"{what}: its gradient must be what finite differences give, but: {said}"
        ) from error


def _claim_finite_at(what: str, name: str, length: float) -> None:
    term = _Term(name)
    features_BD = _features(torch.float32, torch.full((4,), length)).requires_grad_()
    value_B = term(features_BD)
    claim_tensor(f"{what}: the penalty at ‖f‖ = {length:g}", value_B, (4,))
    torch.autograd.backward(value_B.mean())
    assert features_BD.grad is not None
    claim_finite(f"{what}: the gradient at ‖f‖ = {length:g}", features_BD.grad)
    claim_finite_gradients(f"{what} at ‖f‖ = {length:g}", term.incay)


def _claim_float32_under_autocast(what: str, name: str) -> None:
    half_BD = _features(torch.float32, torch.ones(4)).bfloat16()
    with torch.autocast("cpu", torch.bfloat16):
        inside_B = _Term(name)(half_BD)
    claim(inside_B.dtype == torch.float32, f"{what} must be float32", inside_B.dtype)
    equal = same(inside_B, _Term(name)(half_BD.float()))
    claim(equal, f"{what} must be the same under bf16 autocast", "other numbers")


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
