"""Ways to take the same training step, each in a process of its own, measured in turn.

What a process sets for itself, such as how its C library keeps memory, cannot be taken back: so
ways do not share one. They take the same steps, so that their weights can be compared in the end.
"""

from __future__ import annotations

import multiprocessing
import os
import statistics
from argparse import Namespace
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from multiprocessing.connection import Connection
from typing import Any

import torch
from torch import Tensor, nn

from benchmarks.ceiling.step import Step, seconds
from incay.trainables.training.pool_first import pool_first
from incay.trainables.worker.memory import keep_memory

_HUGE = {"GLIBC_TUNABLES": "glibc.malloc.hugetlb=1"}
_POOLING = ((2, 2), (2, 2), (0, 0), (1, 1), True)
"""As the papers' networks pool: sides, steps, padding, dilation, and to the end."""
_SECONDS_PER_TURN = 0.3


def _nothing(step: Step) -> None:
    del step


def _pool_first(step: Step) -> None:
    pool_first(step.network)


def _in_place(step: Step) -> None:
    for module in step.network.modules():
        if isinstance(module, nn.ReLU):
            module.inplace = True


def _not_fused(step: Step) -> None:
    for group in step.optimizer.optimizer.param_groups:
        group["fused"], group["foreach"] = False, True


def _memory_kept(step: Step) -> None:
    del step
    keep_memory()


def _as_trials(step: Step) -> None:
    pool_first(step.network)
    keep_memory()


class _Pooling(torch.autograd.Function):
    """2×2 max pooling that looks for the largest in float32; of bfloat16 the same bits."""

    @staticmethod
    def forward(context: Any, images: Tensor) -> Tensor:
        pooled, places = torch.ops.aten.max_pool2d_with_indices(images.float(), *_POOLING)
        context.save_for_backward(images, places)
        found: Tensor = pooled.to(images.dtype)
        return found

    @staticmethod
    def backward(context: Any, *gradients: Tensor) -> Tensor:
        images, places = context.saved_tensors
        given = gradients[0].contiguous(memory_format=torch.channels_last)
        backward = torch.ops.aten.max_pool2d_with_indices_backward
        found: Tensor = backward(given, images, *_POOLING, places)
        return found


def _pooling_in_float32(step: Step) -> None:
    _as_trials(step)
    for module in step.network.modules():
        if isinstance(module, nn.MaxPool2d):
            module.forward = _Pooling.apply  # type: ignore[method-assign]


def _compiled(step: Step) -> None:
    _as_trials(step)
    step.runs = torch.compile(step.network, dynamic=False)


WAYS: Mapping[str, Callable[[Step], None]] = {
    "as defined": _nothing,
    "foreach, not fused": _not_fused,
    "ReLU in place": _in_place,
    "pool first": _pool_first,
    "memory kept": _memory_kept,
    "as trials": _as_trials,
    "huge pages": _as_trials,
    "pooling in fp32": _pooling_in_float32,
    "compiled": _compiled,
}
"""What is done before a way's first step. ``as trials`` is what a worker does: the two before it;
``huge pages``, ``pooling in fp32`` and ``compiled`` add to it."""


def compare(network: str, precision: str, ways: Sequence[str], chosen: Namespace) -> None:
    """Print a line for each way: time, speed against the first way's, and whether bits agree."""
    context = multiprocessing.get_context("spawn")
    children: dict[str, Connection] = {}
    processes = []
    for way in ways:
        ours, theirs = context.Pipe()
        arguments = (theirs, way, network, precision, chosen.batch_size, chosen.threads)
        process = context.Process(target=_child, args=arguments, daemon=True)
        with _environment(_HUGE if way == "huge pages" else {}):
            process.start()
        children[way] = ours
        processes.append(process)
    for child in children.values():
        child.recv()  # it is warm
    calls = max(1, round(_SECONDS_PER_TURN / _ask(children[ways[0]], 1)[0]))
    for way in ways[1:]:
        _ask(children[way], 1)
    turns = [
        {way: _ask(child, calls)[0] for way, child in children.items()} for _ in range(chosen.turns)
    ]
    told = {way: _ask(child, 0) for way, child in children.items()}
    for process, child in zip(processes, children.values(), strict=True):
        child.send(None)
        process.join()
    for way in ways:
        ratios = [turn[ways[0]] / turn[way] for turn in turns]
        low, speed, high = statistics.quantiles(ratios, n=4) if len(ratios) > 1 else ratios * 3
        bits = "the same bits" if told[way][1] == told[ways[0]][1] else "other bits"
        print(
            f"{network:>9} {precision:>5} {way:>19} "
            f"{1e3 * statistics.median(turn[way] for turn in turns):9.1f} ms {speed:6.3f} "
            f"({low:.3f}–{high:.3f})  {told[way][2]:8,.0f} page faults  {bits}",
            flush=True,
        )


def _ask(child: Connection, calls: int) -> Any:
    child.send(calls)
    return child.recv()


def _child(
    pipe: Connection, way: str, network: str, precision: str, batch_size: int, threads: int
) -> None:
    """Take as many steps as is asked for, and tell time, digest and page faults of a step."""
    import resource

    torch.set_num_threads(threads)
    step = Step(network, precision, "channels_last", batch_size)
    WAYS[way](step)
    for _ in range(3):
        step()
    pipe.send(None)
    taken, before = 0, resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    while (calls := pipe.recv()) is not None:
        if calls:
            pipe.send((seconds(step, calls),))
            taken += calls
        else:
            faults = resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before
            pipe.send((0.0, step.digest(), faults / max(1, taken)))


@contextmanager
def _environment(values: Mapping[str, str]) -> Iterator[None]:
    before = dict(os.environ)
    os.environ.update(values)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)
