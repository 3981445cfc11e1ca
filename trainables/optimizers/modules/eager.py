"""PyTorch's optimisers without its compiler.

Their first call imports `torch._dynamo`, so that a compiler leaves them out or ends its graph
there: two seconds and a hundred megabytes for each worker, of which none compiles an optimiser.
What they compute is the same.
"""

from __future__ import annotations

import inspect

import torch
from torch.optim import Optimizer

_LEFT_OUT = "__dynamo_disable"
"""Where PyTorch keeps what it calls in place of a method that its compiler leaves out."""


def leave_compiler_out() -> None:
    """Have the methods of all optimisers be called as they are.

    A PyTorch that keeps that elsewhere is left as it is: slower, and no different.
    """
    for method in vars(Optimizer).values():
        plain = getattr(method, "__wrapped__", None)
        if plain is not None and not hasattr(plain, _LEFT_OUT):
            setattr(plain, _LEFT_OUT, plain)


def take_step(optimizer: Optimizer) -> None:
    """Take an optimiser's step: of PyTorch's own without what readies it for the compiler."""
    kind = type(optimizer)
    if not kind.__module__.startswith("torch.optim."):
        optimizer.step()
        return
    with torch.no_grad():
        inspect.unwrap(kind.step)(optimizer)
