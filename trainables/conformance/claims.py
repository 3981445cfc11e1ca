"""Claims: what must hold of a component, and how it is told where it does not."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import numpy as np
import torch
from torch import Tensor, nn


def claim(holds: bool, must_hold: str, got: object) -> None:
    """Raise an `AssertionError` that says what must hold and what came, unless it holds."""
    if not holds:
        text = got.__name__ if isinstance(got, type) else str(got)
        raise AssertionError(f"{must_hold}, but got {text}")


def claim_tensor(what: str, value: object, shape: tuple[int, ...]) -> None:
    """Claim that a value is a tensor of finite floating-point numbers and of a shape."""
    if not isinstance(value, Tensor):
        claim(False, f"{what} must be a tensor", type(value))
        return
    got = tuple(value.shape)
    claim(got == shape, f"{what} must have the shape {shape}", got)
    claim(value.is_floating_point(), f"{what} must be floating-point numbers", value.dtype)
    claim_finite(what, value)


def claim_finite(what: str, value: Tensor) -> None:
    """Claim that all numbers are finite."""
    bad = int((~value.isfinite()).sum())
    claim(bad == 0, f"{what} must be finite", f"{bad} of {value.numel()} that are not")


def claim_finite_gradients(what: str, module: nn.Module, every: bool = False) -> None:
    """Claim that the gradients of a module's parameters are finite.

    Args:
        what: The module.
        module: Whose parameters have had a backward pass.
        every: Whether each parameter that is trained must have one.
    """
    for name, parameter in module.named_parameters():
        if parameter.grad is not None:
            claim_finite(f"the gradient of {what}'s {name}", parameter.grad)
        elif every and parameter.requires_grad:
            claim(False, f"{what}'s {name} must have a gradient", "none: it takes no part")


def built_twice(what: str, build: Callable[[], nn.Module], seed: int = 0) -> nn.Module:
    """Return a module; claim that the same seed gives the same numbers when it is built again."""
    first, second = (_built(build, seed) for _ in range(2))
    for module in (first, second):
        claim(isinstance(module, nn.Module), f"{what}: build must return a module", type(module))
    one, other = first.state_dict(), second.state_dict()
    claim(
        one.keys() == other.keys(),
        f"{what}: two modules of equal settings must have equal parameters and buffers",
        sorted(one.keys() ^ other.keys()),
    )
    for name, value in one.items():
        claim(
            same(value, other[name]),
            f"{what}: two modules built with one seed must begin with the same {name}",
            "other numbers: they must be drawn by PyTorch's own generator",
        )
    return first


def same(one: Tensor, other: Tensor) -> bool:
    """Return whether two tensors hold the same bits; NaN is NaN."""
    return one.shape == other.shape and bool(((one == other) | (one.isnan() & other.isnan())).all())


@contextmanager
def no_draws(what: str) -> Iterator[None]:
    """Claim that the block draws no random numbers."""
    before = _global_states()
    yield
    for library, state in _global_states().items():
        must_hold = f"{what} must draw no random numbers once it is built"
        claim(state == before[library], must_hold, f"some of {library}'s")


@contextmanager
def global_states_kept() -> Iterator[None]:
    """Leave the global random states as they were before the block."""
    of_python, of_numpy = random.getstate(), np.random.get_state()
    with torch.random.fork_rng(devices=[]):
        yield
    random.setstate(of_python)
    np.random.set_state(of_numpy)


def _global_states() -> dict[str, str]:
    return {
        "PyTorch": str(torch.get_rng_state().tolist()),
        "Python": str(random.getstate()),
        "NumPy": str([str(each) for each in np.random.get_state(legacy=True)]),
    }


def _built(build: Callable[[], nn.Module], seed: int) -> nn.Module:
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return build()
