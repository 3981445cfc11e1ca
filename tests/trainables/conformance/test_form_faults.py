"""Incay forms with one fault each: the check names it, and passes the same one without it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
import torch
from torch import Tensor

from incay.components import (
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
    ],
)
def test_a_fault_of_a_form_is_told(
    form: type[IncayForm], told: str, registered: Callable[..., Any]
) -> None:
    with pytest.raises(AssertionError, match=f"incay form 'one'.*{told}"):
        check_form(registered(form))


def test_a_form_that_is_not_registered_is_told() -> None:
    with pytest.raises(AssertionError, match="must be registered by @register_form"):
        check_form(Linear)
