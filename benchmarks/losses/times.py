"""Forward and backward time of every loss, as a ratio to plain softmax's.

Run as ``python -m benchmarks.losses.times [--device cuda] [--threads N] [LOSS …]``. Each repeat
times a loss and softmax twice in turn, in an order that changes, and compares the faster time of
each; the ratio is the median over repeats. What slows the machine for a while thus slows both. On
one thread of a CPU it is the thread's own time, from which other work takes nothing.

On a GPU each loss is timed in three ways: as it is called, where starting many small operations
costs time of the CPU's; replayed as a CUDA graph, which leaves the device's time; and compiled.
"""

from __future__ import annotations

import argparse
import math
import platform
import random
import statistics
import time
from collections.abc import Callable
from typing import Literal, NamedTuple, get_args

import torch
from torch import Tensor

from incay.trainables.losses import losses
from incay.trainables.losses.modules.base import Loss
from incay.trainables.training.objective import reduce_terms

Way = Literal["as called", "CUDA graph", "compiled"]
Step = Callable[[], None]

YARDSTICK = "softmax"
SECONDS_PER_TIMING = 0.02
"""A timing repeats the step until it takes about this long."""


class Shape(NamedTuple):
    batch: int = 256
    features: int = 512
    classes: int = 10_572


class Times(NamedTuple):
    """What the steps of one loss took.

    Attributes:
        name: The loss.
        seconds: Median of a step.
        ratio: Median of its time over softmax's beside it.
        spread: Half the distance between the quartiles of these ratios.
    """

    name: str
    seconds: float
    ratio: float
    spread: float


def compare(
    name: str,
    step: Step,
    yardstick: Step,
    device: torch.device,
    repeats: int,
) -> Times:
    """Time a loss beside softmax.

    Args:
        name: Of the loss.
        step: Its forward and backward.
        yardstick: Softmax's.
        device: Where.
        repeats: How often they are timed beside each other.
    """
    calls = max(1, round(SECONDS_PER_TIMING / seconds(yardstick, 3, device)))
    draw = random.Random(0)
    taken, ratios = [], []
    for _ in range(repeats):
        pair = [step, yardstick]
        draw.shuffle(pair)
        times = dict.fromkeys(pair, math.inf)
        for timed in (*pair, *reversed(pair)):
            times[timed] = min(times[timed], seconds(timed, calls, device))
        taken.append(times[step])
        ratios.append(times[step] / times[yardstick])
    quartiles = statistics.quantiles(ratios, n=4) if repeats > 1 else [ratios[0]] * 3
    spread = (quartiles[2] - quartiles[0]) / 2
    return Times(name, statistics.median(taken), quartiles[1], spread)


def step_of(name: str, shape: Shape, device: torch.device, way: Way = "as called") -> Step:
    """Return a function that does forward and backward of a loss once; it has run before."""
    generator = torch.Generator().manual_seed(0)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        loss = losses[name]().build(shape.features, shape.classes).to(device)
    features_BD = torch.randn((shape.batch, shape.features), generator=generator).to(device)
    labels_B = torch.randint(shape.classes, (shape.batch,), generator=generator).to(device)
    features_BD.requires_grad_()
    if way == "compiled":
        loss.compile()

    def step() -> None:
        _forward_backward(loss, features_BD, labels_B)

    if way == "CUDA graph":
        aside = torch.cuda.Stream()  # type: ignore[no-untyped-call]
        aside.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(aside):
            for _ in range(3):
                step()
        torch.cuda.current_stream().wait_stream(aside)
        graph = torch.cuda.CUDAGraph()
        with torch.cuda.graph(graph):
            step()
        return graph.replay
    for _ in range(3):
        step()
    return step


def _forward_backward(loss: Loss, features_BD: Tensor, labels_B: Tensor) -> None:
    features_BD.grad = None
    loss.zero_grad(set_to_none=True)
    objective, _ = reduce_terms(loss(features_BD, labels_B, 0).terms)
    objective.backward()  # type: ignore[no-untyped-call]


def seconds(step: Callable[[], None], calls: int, device: torch.device) -> float:
    """Return how long a call of `step` takes, as the mean of `calls` calls."""
    alone = device.type == "cpu" and torch.get_num_threads() == 1
    clock = time.thread_time if alone else time.perf_counter
    synchronize(device)
    started = clock()
    for _ in range(calls):
        step()
    synchronize(device)
    return (clock() - started) / calls


def ways(device: torch.device) -> tuple[Way, ...]:
    """Return the ways in which losses are timed on a device."""
    return get_args(Way) if device.type == "cuda" else ("as called",)


def synchronize(device: torch.device) -> None:
    """Wait until a GPU has done what it was told."""
    if device.type == "cuda":
        torch.cuda.synchronize(device)


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("losses", nargs="*", metavar="LOSS")
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--threads", type=int, help="of PyTorch, on the CPU")
    parser.add_argument("--repeats", type=int, default=21)
    for name, default in Shape()._asdict().items():
        parser.add_argument(f"--{name}", type=int, default=default)
    chosen = parser.parse_args()
    if chosen.threads:
        torch.set_num_threads(chosen.threads)
    device = torch.device(chosen.device)
    shape = Shape(chosen.batch, chosen.features, chosen.classes)
    machine = (
        torch.cuda.get_device_name(device)
        if device.type == "cuda"
        else f"{platform.machine()} CPU, {torch.get_num_threads()} threads"
    )
    print(
        f"# torch {torch.__version__}, Python {platform.python_version()}, {machine}; batch "
        f"{shape.batch}, features {shape.features}, classes {shape.classes}, float32; median of "
        f"{chosen.repeats} repeats ± half the distance of quartiles"
    )
    for way in ways(device):
        print(f"{way:<20} {'ms':>9} {'to softmax':>11}")
        yardstick = step_of(YARDSTICK, shape, device, way)
        for name in (YARDSTICK, *(chosen.losses or losses)):
            try:
                step = step_of(name, shape, device, way)
            except ValueError as error:  # it cannot have so many classes
                print(f"{name:<20} {error}")
                continue
            times = compare(name, step, yardstick, device, chosen.repeats)
            print(
                f"{times.name:<20} {times.seconds * 1e3:>9.3f} {times.ratio:>7.3f} "
                f"± {times.spread:.3f}",
                flush=True,
            )


if __name__ == "__main__":
    main()
