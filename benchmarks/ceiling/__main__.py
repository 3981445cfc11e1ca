"""How much of a processor's peak the papers' networks reach, and what would reach more.

Run as ``python -m benchmarks.ceiling`` (minutes). For each network, precision and layout in
memory it prints the time of a training step, its GFLOP/s, those of a 1024³ product of matrices
measured in turn, and the share of the one in the other; then what the step's time goes to.

``--ways`` compares instead ways to compute the same: each in a process of its own, in turn, as the
median ratio of its speed to the first's, and whether weights are equal to the first's bit for bit.
"""

from __future__ import annotations

import argparse
import os
import platform
import statistics

import torch

from benchmarks.ceiling.shares import shares
from benchmarks.ceiling.step import FORMATS, PRECISIONS, Product, Step, seconds
from benchmarks.ceiling.ways import WAYS, compare

_SECONDS_PER_TURN = 0.3


def calls_of(step: Step | Product) -> int:
    """Return how many calls take about a turn's time, after a call that warms up."""
    step()
    return max(1, round(_SECONDS_PER_TURN / seconds(step, 1)))


def reached(network: str, precision: str, layout: str, chosen: argparse.Namespace) -> str:
    """Return a line of the table, and one of what the time goes to."""
    step = Step(network, precision, layout, chosen.batch_size)
    product = Product(precision)
    flops = step.flops()
    calls = calls_of(step), calls_of(product)
    turns = [
        (seconds(step, calls[0]), seconds(product, calls[1])) for _ in range(max(1, chosen.turns))
    ]
    share = statistics.median((flops / mine) / (product.flops / best) for mine, best in turns)
    mine, best = (statistics.median(each) for each in zip(*turns, strict=True))
    parts = shares(step, max(2, calls[0] // 2))
    told = ", ".join(f"{kind} {part:.0%}" for kind, part in parts.items() if part >= 0.005)
    return (
        f"{network:>9} {precision:>5} {layout:>14} {1e3 * mine:9.1f} {flops / mine / 1e9:9.1f} "
        f"{product.flops / best / 1e9:9.1f} {share:6.1%}   {told}"
    )


def main() -> None:
    """Print the table, or the comparison of ways."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--networks", nargs="+", default=["mnist-2d", "mnist", "cifar10"])
    parser.add_argument("--precision", nargs="+", default=list(PRECISIONS), choices=PRECISIONS)
    parser.add_argument("--layout", nargs="+", default=list(FORMATS), choices=FORMATS)
    parser.add_argument("--batch-size", type=int, default=128)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--turns", type=int, default=9)
    parser.add_argument("--ways", nargs="*", choices=[[], *WAYS], help="all, if none is named")
    chosen = parser.parse_args()
    torch.set_num_threads(chosen.threads)
    print(
        f"# batches of {chosen.batch_size}, {chosen.threads} threads; PyTorch {torch.__version__}, "
        f"Python {platform.python_version()}, {os.cpu_count()} CPUs ({platform.machine()})"
    )
    if chosen.ways is not None:
        for network in chosen.networks:
            for precision in chosen.precision:
                compare(network, precision, chosen.ways or list(WAYS), chosen)
        return
    print(f"{'network':>9} {'':>5} {'layout':>14} {'ms':>9} {'GFLOP/s':>9} {'1024³':>9}  share")
    for network in chosen.networks:
        for precision in chosen.precision:
            for layout in chosen.layout:
                print(reached(network, precision, layout, chosen), flush=True)


if __name__ == "__main__":
    main()
