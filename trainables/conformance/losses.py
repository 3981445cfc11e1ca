"""What every loss must keep: see `incay.trainables.losses.modules.base.Loss`."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor, nn
from torch.func import functional_call

from incay.trainables.conformance.claims import (
    built_twice,
    claim,
    claim_finite,
    claim_finite_gradients,
    claim_tensor,
    no_draws,
    same,
)
from incay.trainables.conformance.small_trials import check_training, small_config, small_data
from incay.trainables.losses import LossSettings
from incay.trainables.losses.modules.base import Loss, LossOutput, Term
from incay.trainables.training.objective import reduce_terms

STEPS = (0, 3, 20_000)
"""Early, soon after, and at the end of annealing."""
LENGTHS = (0.0, 1e-30, 1e-12, 1e-4, 1.0, 1e3, 1e6)
"""Of features that must give finite numbers."""


def check_loss(settings: LossSettings, *, num_features: int = 3, num_classes: int = 5) -> str:
    """Check what every loss must keep.

    That is: shapes and types; a prediction by plain logits; gradients (by finite differences, in
    float64; not of a loss that `stops_gradient` on purpose); finite numbers for features of length
    0 to 10⁶ and along class vectors; the same numbers from the same seed and no random number after
    that; float32 under bf16 autocast; a resumed trial that is the uninterrupted one, bit for bit.

    Args:
        settings: The loss, as a study would set it.
        num_features: D.
        num_classes: K.

    Returns:
        Why its trials must train one by one where a study asks for stacks; nothing if they can be
        stacked.

    Raises:
        AssertionError: Something does not hold.
    """
    what = f"loss {settings.name!r}"
    loss = built_twice(what, lambda: settings.build(num_features, num_classes))
    claim(isinstance(loss, Loss), f"{what}: build must return a Loss", type(loss))
    assert isinstance(loss, Loss)
    for step in STEPS:
        features_BD, labels_B = batch((4, num_features, num_classes), seed=step, length=1.0)
        claim_shapes(what, loss.float(), features_BD.float(), labels_B, step, num_classes)
        claim_no_draws(what, loss, features_BD.float(), labels_B, step)
        claim_float32_under_autocast(what, loss, features_BD, labels_B, step)
        if not stops_gradient(settings):
            claim_gradients(what, loss.double(), features_BD, labels_B, step)
        loss.float()
        if settings.soft_labels:
            claim_soft_labels(what, loss, features_BD.float(), labels_B, step, num_classes)
        for length in LENGTHS:
            scaled_BD = length * nn.functional.normalize(features_BD, dim=1)
            claim_finite_at(f"{what} at ‖f‖ = {length:g}", loss, scaled_BD, labels_B, step)
        for vectors_KD in loss.parameters():
            if vectors_KD.shape == (num_classes, num_features):
                for sign, angle in ((1.0, "0"), (-1.0, "π")):
                    along_BD = sign * vectors_KD.detach()[labels_B]
                    claim_finite_at(
                        f"{what} at an angle of {angle}", loss, along_BD, labels_B, step
                    )
    return check_training(what, small_config(loss=settings), small_data())


def stops_gradient(settings: LossSettings) -> bool:
    """Return whether a loss says that its gradient is another one than that of its values.

    Straight-through margins do so, and weights that count as constants. Settings say it by an
    attribute or a property ``stops_gradient``.
    """
    return bool(getattr(settings, "stops_gradient", False))


def batch(shape: tuple[int, int, int], seed: int, length: float) -> tuple[Tensor, Tensor]:
    """Return features (B, D), float64, and labels (B,).

    Args:
        shape: B, D and K.
        seed: Draws them.
        length: Multiplies the features.
    """
    generator = torch.Generator().manual_seed(seed + 1)  # not the weights' numbers
    features_BD = torch.randn(shape[:2], generator=generator, dtype=torch.float64) * length
    return features_BD, torch.randint(shape[2], (shape[0],), generator=generator)


def objective(terms: Mapping[str, Term]) -> Tensor:
    """Return what is trained: Σ weight · mean(term)."""
    return reduce_terms(terms)[0]


def claim_shapes(
    what: str, loss: Loss, features_BD: Tensor, labels_B: Tensor, step: int, num_classes: int
) -> None:
    """Claim that terms, prediction and logits have their shapes, and belong together."""
    count, given_BD = len(labels_B), features_BD.clone()
    output = loss(features_BD, labels_B, step)
    claim(isinstance(output, LossOutput), f"{what}: terms must return a LossOutput", type(output))
    claim(bool(output.terms), f"{what}: there must be a term", "none")
    for name, term in output.terms.items():
        claim(isinstance(term, Term), f"{what}: {name!r} must be a Term", type(term))
        claim_tensor(f"{what}: term {name!r}", term.value_B, (count,))
    logits_BK = loss.logits(features_BD)
    claim_tensor(f"{what}: logits", logits_BK, (count, num_classes))
    expected, got = logits_BK.argmax(dim=1).tolist(), output.prediction_B.tolist()
    claim(
        got == expected,
        f"{what}: prediction_B must be the classes of the largest plain logits, {expected}",
        got,
    )
    changed = not torch.equal(features_BD, given_BD)
    claim(not changed, f"{what} must leave the features as they are", "other numbers in them")


def claim_soft_labels(
    what: str, loss: Loss, features_BD: Tensor, labels_B: Tensor, step: int, num_classes: int
) -> None:
    """Claim that shares of classes count as their labels do, each by its share."""
    other_B = labels_B.roll(1)
    shares_BK = 0.7 * nn.functional.one_hot(labels_B, num_classes).float()
    shares_BK += 0.3 * nn.functional.one_hot(other_B, num_classes)
    mixed = loss(features_BD, shares_BK, step)
    alone, other = (loss(features_BD, labels, step).terms for labels in (labels_B, other_B))
    for name, term in mixed.terms.items():
        expected_B = 0.7 * alone[name].value_B + 0.3 * other[name].value_B
        claim(
            torch.allclose(term.value_B, expected_B, rtol=1e-4, atol=1e-5),
            f"{what}: term {name!r} of a label of two classes must be that of each, by its share "
            f"(or `soft_labels` must be False): {expected_B.tolist()}",
            term.value_B.tolist(),
        )


def claim_no_draws(what: str, loss: Loss, features_BD: Tensor, labels_B: Tensor, step: int) -> None:
    """Claim that a built loss draws no random numbers."""
    with no_draws(what):
        loss(features_BD, labels_B, step)
        loss.logits(features_BD)
        loss.after_step(features_BD, labels_B)


def claim_float32_under_autocast(
    what: str, loss: Loss, features_BD: Tensor, labels_B: Tensor, step: int
) -> None:
    """Claim that a loss computes in float32, whatever precision the network has."""
    half_BD = features_BD.bfloat16().detach()
    outside = loss(half_BD.float(), labels_B, step)
    with torch.autocast("cpu", torch.bfloat16):
        inside = loss(half_BD.requires_grad_(), labels_B, step)
        logits_BK = loss.logits(half_BD)
    claim(logits_BK.dtype == torch.float32, f"{what}: logits must be float32", logits_BK.dtype)
    for name, term in inside.terms.items():
        dtype = term.value_B.dtype
        claim(dtype == torch.float32, f"{what}: term {name!r} must be float32", dtype)
        claim(
            same(term.value_B, outside.terms[name].value_B),
            f"{what}: term {name!r} must be the same under bf16 autocast",
            "other numbers",
        )
    torch.autograd.backward(objective(inside.terms))
    assert half_BD.grad is not None
    claim_finite(f"{what}: the gradient of bf16 features", half_BD.grad)


def claim_gradients(
    what: str, loss: Loss, features_BD: Tensor, labels_B: Tensor, step: int
) -> None:
    """Claim that autograd agrees with finite differences, for features and all parameters.

    Args:
        what: The loss.
        loss: In float64.
        features_BD: Features, float64.
        labels_B: Labels.
        step: Optimiser steps done.
    """
    names = [name for name, _ in loss.named_parameters()]

    def values(features_BD: Tensor, *parameters: Tensor) -> tuple[Tensor, ...]:
        replaced = dict(zip(names, parameters, strict=True))
        output = functional_call(loss, replaced, (features_BD, labels_B, step))
        return tuple(term.value_B for term in output.terms.values())

    parameters = [item.detach().clone().requires_grad_() for item in loss.parameters()]
    inputs = (features_BD.detach().clone().requires_grad_(), *parameters)
    try:
        torch.autograd.gradcheck(values, inputs, atol=1e-5, rtol=1e-3)
    except RuntimeError as error:
        said = " ".join(str(error).split())
        must_hold = f"{what}: gradients at step {step} must be what finite differences give"
        raise AssertionError(f"{must_hold}, but: {said}") from error


def claim_finite_at(
    what: str, loss: Loss, features_BD: Tensor, labels_B: Tensor, step: int
) -> None:
    """Claim that terms and gradients are finite, in the loss's own precision."""
    dtype = next((item.dtype for item in loss.parameters()), torch.float32)
    features_BD = features_BD.detach().to(dtype).clone().requires_grad_()
    loss.zero_grad()
    terms = loss(features_BD, labels_B, step).terms
    for name, term in terms.items():
        claim_finite(f"{what}: term {name!r} at step {step}", term.value_B)
    torch.autograd.backward(objective(terms))
    if features_BD.grad is not None:
        claim_finite(f"{what}: the gradient of the features at step {step}", features_BD.grad)
    claim_finite_gradients(what, loss)
