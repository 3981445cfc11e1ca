"""The ceiling of `benchmarks.glue`: the steps of its study, and nothing else.

Two processes of one thread each take as many steps as the study's trials have, on images that lie
ready, in the faster of two precisions: no search, evaluation, report or record.

    python -m benchmarks.glue.ceiling MNIST_ROOT --trials 32 --steps 300
"""

from __future__ import annotations

import argparse
import multiprocessing
from pathlib import Path

import torch

from benchmarks.training.engine import Ceiling
from incay.trainables.config import TrialConfig
from incay.trainables.data import datasets
from incay.trainables.networks.mnist_2d import MNIST2DSettings
from incay.trainables.worker.memory import keep_memory


def train(root: Path, steps: int) -> None:
    """Take steps, in the precision of which the first few are faster."""
    keep_memory()
    torch.set_num_threads(1)
    data = datasets["mnist"]().load(root)
    ceilings = []
    for precision in ("fp32", "bf16"):
        config = TrialConfig(network=MNIST2DSettings(), precision=precision)
        ceilings.append(Ceiling(config, data, torch.device("cpu")))
        ceilings[-1].train(3)
    max(ceilings, key=lambda each: each.train(10)).train(steps)


def main() -> None:
    """Train in two processes."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("root", type=Path, help="holds mnist/raw")
    parser.add_argument("--trials", type=int, default=32)
    parser.add_argument("--steps", type=int, default=300)
    chosen = parser.parse_args()
    context = multiprocessing.get_context("spawn")
    # The winner is trained once more.
    shares = [-(-chosen.trials // 2) + 1, chosen.trials // 2]
    processes = [
        context.Process(target=train, args=(chosen.root, each * chosen.steps)) for each in shares
    ]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    if any(process.exitcode for process in processes):
        raise SystemExit(1)


if __name__ == "__main__":
    main()
