"""Large matrices take another way to the same numbers; losses work under `torch.func`."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor
from torch.func import functional_call, grad, vmap

from incay.trainables.losses import losses
from incay.trainables.losses.base import LossSettings
from incay.trainables.losses.l_softmax import LSoftmaxSettings
from incay.trainables.losses.modules import target
from incay.trainables.losses.modules.base import Loss
from incay.trainables.training.objective import reduce_terms

BATCH, FEATURES, CLASSES = 9, 4, 5
"""More samples than classes: some share their class vector."""
VARIANTS = [*(losses[name]() for name in losses), LSoftmaxSettings(margin=1)]
each_loss = pytest.mark.parametrize("settings", VARIANTS, ids=lambda settings: settings.name)


def batch(dtype: torch.dtype) -> tuple[Tensor, Tensor]:
    generator = torch.Generator().manual_seed(0)
    features = torch.randn((BATCH, FEATURES), generator=generator, dtype=dtype)
    return features, torch.randint(CLASSES, (BATCH,), generator=generator)


def objective(loss: Loss, features: Tensor, labels: Tensor) -> Tensor:
    return reduce_terms(loss(features, labels, 3).terms)[0]


@each_loss
def test_large_matrices_give_the_same_gradients(
    settings: LossSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    loss = settings.build(FEATURES, CLASSES).double()
    found = []
    for large in (target.LARGE, 0):
        monkeypatch.setattr(target, "LARGE", large)
        features, labels = batch(torch.float64)
        features.requires_grad_()
        loss.zero_grad()
        value = objective(loss, features, labels)
        torch.autograd.backward(value)
        found.append([value.detach(), features.grad, *(item.grad for item in loss.parameters())])
    for one, other in zip(*found, strict=True):
        assert one is not None
        assert other is not None
        assert other.layout == torch.strided
        torch.testing.assert_close(one, other, rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize("large", [target.LARGE, 0])
def test_a_target_that_does_not_depend_on_its_logit(
    large: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(target, "LARGE", large)
    features, labels = batch(torch.float64)
    labels %= FEATURES
    features.requires_grad_()
    torch.autograd.backward(target.cross_entropy(2.0 * features, labels, torch.ones_like).sum())
    logits = 2.0 * features.detach()
    logits[range(BATCH), labels] = 1.0
    expected = 2.0 * logits.softmax(dim=1)
    expected[range(BATCH), labels] = 0.0
    torch.testing.assert_close(features.grad, expected)


@each_loss
def test_many_classifiers_at_once(settings: LossSettings) -> None:
    loss = settings.build(FEATURES, CLASSES)
    features, labels = batch(torch.float32)
    stacked = {
        name: torch.stack([item.detach() * scale for scale in (0.5, 1.0, 2.0)])
        for name, item in loss.named_parameters()
    }
    # Each trial has its own, which a loss may change.
    buffers = {name: torch.stack([item] * 3) for name, item in loss.named_buffers()}

    def value(
        parameters: dict[str, Tensor], features: Tensor, buffers: dict[str, Tensor]
    ) -> Tensor:
        output = functional_call(loss, (parameters, buffers), (features, labels, 3))
        return reduce_terms(output.terms)[0]

    gradients = grad(value, argnums=(0, 1))
    kept = {name: item.clone() for name, item in buffers.items()}
    together = vmap(gradients)(stacked, features.expand(3, -1, -1), buffers)
    for index in range(3):
        own = ({name: item[index] for name, item in each.items()} for each in (stacked, kept))
        parameters, theirs = own
        alone = gradients(parameters, features, theirs)
        torch.testing.assert_close(together[1][index], alone[1])
        for name, gradient in alone[0].items():
            torch.testing.assert_close(together[0][name][index], gradient, rtol=1e-5, atol=1e-5)
