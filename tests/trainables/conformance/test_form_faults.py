"""Incay forms with one fault each: the check names it, and passes the same one without it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import pytest
import torch
from torch import Tensor

from incay.components import (
    FormBatch,
    IncayForm,
)
from incay.testing import check_form
from incay.trainables.incay import forms

torch.set_num_threads(1)


class Linear(IncayForm):
    @staticmethod
    def penalty(squared_norm_B: Tensor, epsilon: float) -> Tensor:
        return -(squared_norm_B + epsilon).sqrt()


class NoEpsilon(IncayForm):
    @staticmethod
    def penalty(squared_norm_B: Tensor, epsilon: float) -> Tensor:
        return 1.0 / squared_norm_B


class EdgeAtZero(IncayForm):
    @staticmethod
    def penalty(squared_norm_B: Tensor, epsilon: float) -> Tensor:
        return -squared_norm_B.sqrt()


class Mean(IncayForm):
    @staticmethod
    def penalty(squared_norm_B: Tensor, epsilon: float) -> Tensor:
        return -squared_norm_B.mean()


class Noisy(IncayForm):
    @staticmethod
    def penalty(squared_norm_B: Tensor, epsilon: float) -> Tensor:
        return -squared_norm_B - torch.rand_like(squared_norm_B)


class NoMethod(IncayForm):
    pass


class BothMethods(Linear):
    @staticmethod
    def batch_penalty(batch: FormBatch) -> Tensor:
        return batch.norms()


class NowhereToBegin(IncayForm):
    learned = ("radius",)

    @staticmethod
    def batch_penalty(batch: FormBatch) -> Tensor:
        return batch.norms() - batch.learned["radius"]


class BeginsWithout(NowhereToBegin):
    @staticmethod
    def begin(batch: FormBatch) -> Mapping[str, Tensor]:
        return {}


class BeginsWithMany(NowhereToBegin):
    @staticmethod
    def begin(batch: FormBatch) -> Mapping[str, Tensor]:
        return {"radius": batch.norms()}


class Detached(NowhereToBegin):
    """Its gradient is not what finite differences of what is learned give."""

    @staticmethod
    def batch_penalty(batch: FormBatch) -> Tensor:
        return (batch.norms() - batch.learned["radius"].detach()).square()

    @staticmethod
    def begin(batch: FormBatch) -> Mapping[str, Tensor]:
        return {"radius": batch.norms().mean()}


class NothingOfUnknown(Linear):
    background = "others"


class NoBackground(NothingOfUnknown):
    @staticmethod
    def unknown_penalty(batch: FormBatch) -> Tensor:
        return batch.norms()


class BadOfUnknown(IncayForm):
    background = "others"

    @staticmethod
    def penalty(squared_norm_B: Tensor, epsilon: float, *, others: str = "none") -> Tensor:
        return -(squared_norm_B + epsilon).sqrt()

    @staticmethod
    def unknown_penalty(batch: FormBatch) -> Tensor:
        return batch.features_BD.square().sum(dim=1).sqrt()


@pytest.fixture
def registered() -> Iterator[Callable[[type[IncayForm]], type[IncayForm]]]:
    yield lambda form: forms.register("one")(form)
    forms.withdraw([__name__])


def test_a_sound_form_passes(registered: Callable[..., Any]) -> None:
    assert check_form(registered(Linear)) == ""


@pytest.mark.parametrize(
    ("form", "told"),
    [
        (NoEpsilon, "the penalty at ‖f‖ = 0 must be finite"),
        (EdgeAtZero, "the gradient at ‖f‖ = 0 must be finite"),
        (Mean, r"the penalty must have the shape \(4,\), but got \(\)"),
        (Noisy, "must draw no random numbers"),
        (NoMethod, "must have a method 'penalty' or 'batch_penalty' of its own, but has neither"),
        (BothMethods, "but has both"),
        (NowhereToBegin, "must have methods 'batch_penalty' and 'begin' of its own"),
        (NothingOfUnknown, "must have a method 'unknown_loss' or 'unknown_penalty' of its own"),
        (NoBackground, "must have a setting 'others', none by default, but it is None"),
        (BadOfUnknown, "the gradient of unknown_penalty at ‖f‖ = 0 must be finite"),
        (Detached, "its gradient must be what finite differences give"),
    ],
)
def test_a_fault_of_a_form_is_told(
    form: type[IncayForm], told: str, registered: Callable[..., Any]
) -> None:
    with pytest.raises(AssertionError, match=f"incay form 'one'.*{told}"):
        check_form(registered(form))


@pytest.mark.parametrize("form", [BeginsWithout, BeginsWithMany])
def test_a_beginning_that_is_none_is_told(
    form: type[IncayForm], registered: Callable[..., Any]
) -> None:
    with pytest.raises(ValueError, match="begin must return 'radius', a tensor without a dim"):
        check_form(registered(form))


def test_a_form_that_is_not_registered_is_told() -> None:
    with pytest.raises(AssertionError, match="must be registered by @register_form"):
        check_form(Linear)
