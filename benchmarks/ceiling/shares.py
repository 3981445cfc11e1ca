"""What a step's time goes to, by kind of operation: `torch.profiler`."""

from __future__ import annotations

from collections.abc import Callable

from torch.profiler import ProfilerActivity, profile

KINDS = {
    "convolution": ("convolution",),
    "batch norm": ("batch_norm",),
    "ReLU": ("relu", "clamp_min", "threshold"),
    "pooling": ("max_pool",),
    "products": ("addmm", "aten::mm"),
    "filling and copying": ("aten::fill_", "aten::copy_", "aten::zero_"),
}
"""Parts of the names of operations, by what they are."""


def shares(step: Callable[[], None], calls: int) -> dict[str, float]:
    """Return each kind's share of the time that operations take, the rest as ``other``.

    Args:
        step: What is called.
        calls: How often.
    """
    with profile(activities=[ProfilerActivity.CPU]) as profiler:
        for _ in range(calls):
            step()
    found = dict.fromkeys([*KINDS, "other"], 0.0)
    for event in profiler.key_averages():
        found[_kind(event.key)] += event.self_cpu_time_total
    total = sum(found.values())
    return {kind: time / total for kind, time in found.items()}


def _kind(name: str) -> str:
    return next((kind for kind, parts in KINDS.items() if any(p in name for p in parts)), "other")
