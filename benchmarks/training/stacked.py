"""Many small trials in one process: stacked training against one trial after another.

Run as ``python -m benchmarks.training.stacked --data-root DIR``. MNIST-2D trials that differ in
seed, λ, learning rate and weight decay train for the same steps, together and one after another;
both are timed in turn, after a warm-up and without evaluation. Prints one line for each case.
"""

from __future__ import annotations

import argparse
import platform
import statistics
import time
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch

from incay.trainables.config import TrialConfig
from incay.trainables.data import datasets
from incay.trainables.data.base import ImageData, Split
from incay.trainables.incay.settings import IncaySettings
from incay.trainables.networks.mnist_2d import MNIST2DSettings
from incay.trainables.optimizers.sgd import SGDSettings
from incay.trainables.stacking.convolutions import CHOSEN, CONVOLUTIONS
from incay.trainables.stacking.gate import rehearse
from incay.trainables.stacking.member import StackMember
from incay.trainables.stacking.run import StackedRun
from incay.trainables.training.prepared import PreparedData, prepare


def configurations(members: int, precision: str, width: float) -> list[TrialConfig]:
    """Return trials of one architecture: a search over λ, rate and decay."""
    base = TrialConfig(
        dataset=datasets["mnist"](),
        network=MNIST2DSettings(width=width),
        incay=IncaySettings(form="reciprocal", weight=0.1),
        precision="bf16" if precision == "bf16" else "fp32",
    )
    return [
        replace(
            base,
            seed=index,
            incay=replace(base.incay, weight=0.1 * 1.5**index),
            optimizer=SGDSettings(lr=0.005 + 0.0005 * index, weight_decay=1e-4 * index),
        )
        for index in range(members)
    ]


def load(root: str | None) -> ImageData:
    """Return MNIST, or as many random images where there is no data root: the speed is the same."""
    if root is not None:
        return datasets["mnist"]().load(Path(root))
    draw = np.random.default_rng(0)
    images = draw.integers(0, 256, (60_000, 1, 28, 28), dtype=np.uint8)
    split = Split(images, np.arange(60_000, dtype=np.int64) % 10)
    return ImageData(split, split, tuple("0123456789"))


def wait(device: torch.device) -> None:
    if device.type == "cuda":
        torch.cuda.synchronize(device)


def alone(
    configs: list[TrialConfig], data: PreparedData, device: torch.device, steps: int
) -> float:
    """Return the seconds that the trials take one after another."""
    seconds = 0.0
    for config in configs:
        member = StackMember(config, data, device)
        member.train_alone(3)
        wait(device)
        started = time.perf_counter()
        member.train_alone(steps)
        wait(device)
        seconds += time.perf_counter() - started
    return seconds


def together(
    configs: list[TrialConfig], data: PreparedData, device: torch.device, steps: int
) -> float:
    """Return the seconds that the trials take in a stack."""
    run = StackedRun([StackMember(config, data, device) for config in configs])
    for _ in range(3):
        run.train_step()
    wait(device)
    started = time.perf_counter()
    for _ in range(steps):
        run.train_step()
    wait(device)
    return time.perf_counter() - started


@dataclass(frozen=True)
class Case:
    """What is measured: so many trials, of a network of a width, for so many steps, in turn."""

    members: int
    precision: str
    width: float
    steps: int
    repeats: int


@dataclass(frozen=True)
class Measured:
    """The speed of trials together as a ratio to one after another, and how it came about."""

    ratio: str
    note: str


def measure(case: Case, data: ImageData, device: torch.device) -> Measured:
    """Train the case's trials together and one after another, in turn."""
    configs = configurations(case.members, case.precision, case.width)
    prepared = prepare(configs[0], data, device)
    reason = rehearse(configs, prepared, device)
    pairs = [
        (
            alone(configs, prepared, device, case.steps),
            together(configs, prepared, device, case.steps),
        )
        for _ in range(case.repeats)
    ]
    ratios = sorted(one / other for one, other in pairs)
    images = case.members * case.steps * configs[0].batch_size
    slow, fast = (images / statistics.median(times) for times in zip(*pairs, strict=True))
    return Measured(
        f"{statistics.median(ratios):.2f} ({ratios[0]:.2f} to {ratios[-1]:.2f})",
        f"{fast:,.0f} images/s together, {slow:,.0f} one after another; gate "
        f"{'closed: ' + reason if reason else 'open'}",
    )


def main() -> None:
    """Print one line for each number of members, threads and precision."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data-root")
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    parser.add_argument("--members", type=int, nargs="+", help="8 and 32 on a GPU, otherwise 4")
    parser.add_argument("--steps", type=int, help="200 on a GPU, otherwise 10")
    parser.add_argument("--threads", type=int, nargs="+", default=[torch.get_num_threads()])
    parser.add_argument("--precision", nargs="+", default=["fp32", "bf16"])
    parser.add_argument("--width", type=float, default=1.0)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--convolution", choices=[*CONVOLUTIONS], help="else the device's own")
    chosen = parser.parse_args()
    device = torch.device(chosen.device)
    on_gpu = device.type == "cuda"
    CHOSEN[device.type] = chosen.convolution or CHOSEN[device.type]
    data = load(chosen.data_root)
    machine = torch.cuda.get_device_name(device) if on_gpu else platform.machine()
    for threads in chosen.threads:
        torch.set_num_threads(threads)
        for precision in chosen.precision:
            for members in chosen.members or ([8, 32] if on_gpu else [4]):
                steps = chosen.steps or (200 if on_gpu else 10)
                case = Case(members, precision, chosen.width, steps, chosen.repeats)
                measured = measure(case, data, device)
                print(
                    f"stacked: {members} MNIST-2D trials of width {chosen.width:g}, {precision}, "
                    f"{CHOSEN[device.type]}: ratio {measured.ratio}; {measured.note}; {machine}, "
                    f"{threads} threads, torch {torch.__version__}, Python "
                    f"{platform.python_version()}",
                    flush=True,
                )


if __name__ == "__main__":
    main()
