"""Forward and backward time of every loss, as a ratio to plain softmax's.

Run as ``python -m benchmarks.loss_times [--device cuda] [--threads N] [LOSS …]``. Each repeat
times a loss and softmax twice in turn, in an order that changes, and compares the faster time of
each; the ratio is the median over repeats. What slows the machine for a while thus slows both. On
one thread of a CPU it is the thread's own time, from which other work takes nothing.

On a GPU each loss is timed twice: as it is called, where starting many small operations costs time
of the CPU's, and replayed as a CUDA graph, which leaves the device's time.
"""

from __future__ import annotations

import argparse
import math
import platform
import random
import statistics
import time
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

import torch
from torch import Tensor

from trainables.losses import losses
from trainables.losses.base import Loss
from trainables.training.objective import reduce_terms

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


def measure(
    names: Sequence[str],
    shape: Shape,
    device: torch.device,
    repeats: int,
    *,
    graphs: bool = False,
) -> Iterator[Times]:
    """Time forward and backward of losses; yields one result for each, softmax's own first.

    Args:
        names: Of registered losses.
        shape: Of the batch.
        device: Where.
        repeats: How often each loss is timed beside softmax.
        graphs: Whether steps are replayed as CUDA graphs.
    """
    yardstick = step_of(YARDSTICK, shape, device, graphs=graphs)
    calls = max(1, round(SECONDS_PER_TIMING / seconds(yardstick, 3, device)))
    draw = random.Random(0)
    for name in (YARDSTICK, *(name for name in names if name != YARDSTICK)):
        step = step_of(name, shape, device, graphs=graphs)
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
        yield Times(name, statistics.median(taken), quartiles[1], (quartiles[2] - quartiles[0]) / 2)


def step_of(
    name: str, shape: Shape, device: torch.device, *, graphs: bool = False
) -> Callable[[], None]:
    """Return a function that does forward and backward of a loss once; it has run before."""
    generator = torch.Generator().manual_seed(0)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        loss = losses[name]().build(shape.features, shape.classes).to(device)
    features_BD = torch.randn((shape.batch, shape.features), generator=generator).to(device)
    labels_B = torch.randint(shape.classes, (shape.batch,), generator=generator).to(device)
    features_BD.requires_grad_()

    def step() -> None:
        _forward_backward(loss, features_BD, labels_B)

    if graphs:
        aside = torch.cuda.Stream()
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
    for graphs in (False, True) if device.type == "cuda" else (False,):
        print(f"{'loss (CUDA graph)' if graphs else 'loss':<18} {'ms':>9} {'to softmax':>11}")
        for times in measure(
            chosen.losses or list(losses), shape, device, chosen.repeats, graphs=graphs
        ):
            print(
                f"{times.name:<18} {times.seconds * 1e3:>9.3f} {times.ratio:>7.3f} "
                f"± {times.spread:.3f}",
                flush=True,
            )


if __name__ == "__main__":
    main()
