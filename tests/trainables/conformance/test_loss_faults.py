"""Losses with one fault each: the check names it, and passes the same one without it."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from incay.components import (
    ClassifierLoss,
    Loss,
    LossOutput,
    LossSettings,
    Term,
)
from incay.testing import check_loss

torch.set_num_threads(1)


@dataclass(frozen=True, kw_only=True)
class OneLoss(LossSettings):
    """A loss of `LOSSES`."""

    module: str = "ClassifierLoss"
    name = "one"

    def build(self, num_features: int, num_classes: int) -> Loss:
        return LOSSES[self.module](num_features, num_classes)  # type: ignore[no-any-return]


class Reduced(ClassifierLoss):
    def terms(self, features_BD: Tensor, labels_B: Tensor, step: int) -> LossOutput:
        value, prediction_B = super().terms(features_BD, labels_B, step)
        return LossOutput({"mean": Term(value["cross_entropy"].value_B.mean())}, prediction_B)


class NotANumberAtZero(ClassifierLoss):
    def scores(self, features_BD: Tensor) -> Tensor:
        return super().scores(features_BD / features_BD.norm(dim=1, keepdim=True))


class WrongGradient(ClassifierLoss):
    def target_logit(self, target_B: Tensor, *_: object) -> Tensor:
        return target_B - target_B.detach() ** 2


class Drawing(ClassifierLoss):
    def target_logit(self, target_B: Tensor, *_: object) -> Tensor:
        return target_B + 0.0 * torch.rand(len(target_B))


class DrawingOfPython(ClassifierLoss):
    def target_logit(self, target_B: Tensor, *_: object) -> Tensor:
        return target_B - random.random()


class DrawnElsewhere(ClassifierLoss):
    def __init__(self, num_features: int, num_classes: int) -> None:
        super().__init__(num_features, num_classes)
        self.weight.data = torch.from_numpy(np.random.default_rng().normal(size=(5, 3))).float()


class NaNAtStep3(ClassifierLoss):
    def target_logit(
        self, target_B: Tensor, features_BD: Tensor, labels_B: Tensor, step: int
    ) -> Tensor:
        return target_B * float("nan") if step == 3 else target_B


class Forgetful(ClassifierLoss):
    """Remembers its steps where no checkpoint looks."""

    count = 0

    def target_logit(self, target_B: Tensor, *_: object) -> Tensor:
        return target_B - 0.01 * self.count

    def after_step(self, features_BD: Tensor, labels_B: Tensor) -> None:
        self.count += 1


class InHalf(ClassifierLoss):
    def forward(self, features_BD: Tensor, labels_B: Tensor, step: int) -> LossOutput:
        return self.terms(features_BD.to(self.weight.dtype), labels_B, step)


class Changing(ClassifierLoss):
    def scores(self, features_BD: Tensor) -> Tensor:
        with torch.no_grad():
            features_BD += 1.0
        return super().scores(features_BD)


class WithMargin(ClassifierLoss):
    def scores(self, features_BD: Tensor) -> Tensor:
        return super().scores(features_BD)

    def terms(self, features_BD: Tensor, labels_B: Tensor, step: int) -> LossOutput:
        terms, prediction_B = super().terms(features_BD, labels_B, step)
        return LossOutput(terms, torch.zeros_like(prediction_B))


LOSSES: dict[str, Callable[..., Any]] = {
    **{each.__name__: each for each in (ClassifierLoss, *ClassifierLoss.__subclasses__())},
    "a layer": lambda *_: nn.Linear(2, 2),
    "nothing": lambda *_: None,
}


def test_a_sound_loss_passes_and_can_be_stacked() -> None:
    assert check_loss(OneLoss()) == ""


@pytest.mark.parametrize(
    ("module", "told"),
    [
        ("Reduced", r"term 'mean' must have the shape \(4,\), but got \(\)"),
        ("NotANumberAtZero", "at ‖f‖ = 0: term 'cross_entropy' at step 0 must be finite"),
        ("WrongGradient", "gradients at step 0 must be what finite differences give"),
        ("Drawing", "must draw no random numbers once it is built, but got some of PyTorch's"),
        ("DrawingOfPython", "but got some of Python's"),
        ("DrawnElsewhere", "built with one seed must begin with the same weight"),
        ("NaNAtStep3", "term .cross_entropy. must be finite"),
        ("Forgetful", "goes on from a checkpoint must end with the bits"),
        ("InHalf", "logits must be float32|must be float32|the same under bf16"),
        ("Changing", "must leave the features as they are|largest plain logits"),
        ("WithMargin", "prediction_B must be the classes of the largest plain logits"),
        ("a layer", "build must return a Loss, but got Linear"),
        ("nothing", "build must return a module, but got NoneType"),
    ],
)
def test_a_fault_of_a_loss_is_told(module: str, told: str) -> None:
    with pytest.raises(AssertionError, match=f"loss 'one'.*(?:{told})"):
        check_loss(OneLoss(module=module))
