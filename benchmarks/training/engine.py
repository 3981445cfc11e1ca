"""Images per second of whole trials against the ceiling of the same network.

Run as ``python -m benchmarks.training.engine --data-root DIR`` (minutes). The ceiling trains the
same network with the same optimiser and precision on images that lie ready, normalised and in their
layout: forward, cross entropy, backward, optimiser step, nothing else. The whole trial is what
``incay run`` trains: shuffled batches, normalisation, augmentation, incay, metrics at every step,
progress and checkpoints in a real store, and with ``--validation`` an evaluation at every report.
Both train in turn, so that what else the machine does weighs on both; the ratio is the median over
the turns.
"""

from __future__ import annotations

import argparse
import os
import platform
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor

from incay.trainables.config import TrialConfig
from incay.trainables.data import datasets
from incay.trainables.data.base import ImageData
from incay.trainables.fingerprint import fingerprint
from incay.trainables.incay.settings import IncaySettings
from incay.trainables.networks import networks
from incay.trainables.networks.modules.base import FeatureNetwork
from incay.trainables.optimizers.modules.update import Update
from incay.trainables.optimizers.sgd import SGDSettings
from incay.trainables.store.trials import Store
from incay.trainables.training.batches import DeviceSplit, Normalizer
from incay.trainables.training.opened import OpenTrainer
from incay.trainables.training.pool_first import pool_first
from incay.trainables.training.prepared import PreparedData
from incay.trainables.training.settings import SplitSettings
from incay.trainables.worker import session as sessions
from incay.trainables.worker.interval import CHECKPOINTS
from incay.trainables.worker.memory import keep_memory
from incay.trainables.worker.session import TrialSession
from incay.trainables.worker.task import TrialTask

_READY_BATCHES = 8
_NO_DATA = "0" * 16
"""The hash of data that nobody else has."""

Adapt = Callable[[FeatureNetwork, Tensor, torch.dtype | None], None]
"""Makes a network run in another way, given a batch of images and the type of autocast."""


class Ceiling:
    """The network, its optimiser and batches that lie ready."""

    def __init__(
        self,
        config: TrialConfig,
        data: ImageData,
        device: torch.device,
        adapt: Adapt | None = None,
    ) -> None:
        split = DeviceSplit(data.train, device)
        normalize = Normalizer(data.train, data.mean, data.scale, device)
        size = config.batch_size
        self._batches = [
            (normalize(split.images[start : start + size]), split.labels[start : start + size])
            for start in range(0, size * _READY_BATCHES, size)
        ]
        network = config.network.build(data.image_shape)
        pool_first(network)  # as trials do
        loss = torch.nn.Linear(network.num_features, data.num_classes)
        self._network, self._classifier = network, loss
        self._modules = torch.nn.ModuleList([network, loss]).to(device)
        self._modules.to(memory_format=torch.channels_last)
        self._optimizer = Update(config.optimizer, self._modules)
        self._autocast = torch.bfloat16 if config.precision == "bf16" else None
        self._device, self._size = device, size
        if adapt is not None:
            adapt(network, self._batches[0][0], self._autocast)

    def train(self, steps: int) -> float:
        """Train some steps and return the images per second."""
        started = time.perf_counter()
        for step in range(steps):
            images, labels = self._batches[step % _READY_BATCHES]
            with torch.autocast(self._device.type, self._autocast, self._autocast is not None):
                features = self._network(images)
            objective = F.cross_entropy(self._classifier(features.float()), labels)
            self._optimizer.zero_grad()
            objective.backward()  # type: ignore[no-untyped-call]
            self._optimizer.step()
        objective.item()  # waits for the device
        return steps * self._size / (time.perf_counter() - started)


class Whole:
    """A trial in a store, report by report."""

    def __init__(
        self, config: TrialConfig, data: ImageData, device: torch.device, store: Store
    ) -> None:
        task = TrialTask(fingerprint(config, _NO_DATA), config, _NO_DATA)
        self._session = TrialSession(task, data, store, device)
        self._steps = config.steps // config.reports
        self._size = config.batch_size

    def train(self) -> float:
        """Train to the next report, which is kept, and return the images per second."""
        started = time.perf_counter()
        self._session.advance()
        return self._steps * self._size / (time.perf_counter() - started)


@contextmanager
def threads(count: int) -> Iterator[None]:
    """Let PyTorch use so many threads."""
    before = torch.get_num_threads()
    torch.set_num_threads(count)
    yield
    torch.set_num_threads(before)


def adapted(adapt: Adapt | None) -> type[OpenTrainer]:
    """Return a trainer that runs its network in another way."""

    class Adapted(OpenTrainer):
        def __init__(
            self, config: TrialConfig, data: ImageData | PreparedData, device: torch.device
        ) -> None:
            super().__init__(config, data, device)
            if adapt is not None:
                images, _ = self._batches(0)
                adapt(self.network, images, self._autocast)

    return Adapted


@contextmanager
def sessions_with(trainer: type[OpenTrainer]) -> Iterator[None]:
    """Let trials that begin meanwhile be trained by `trainer`."""
    original = vars(sessions)["OpenTrainer"]
    vars(sessions)["OpenTrainer"] = trainer
    try:
        yield
    finally:
        vars(sessions)["OpenTrainer"] = original


def compare(
    config: TrialConfig,
    data: ImageData,
    device: torch.device,
    turns: int,
    adapt: Adapt | None = None,
) -> tuple[float, float, float]:
    """Return ceiling and whole trial in images per second, and the median ratio of the turns."""
    steps = config.steps // config.reports
    with tempfile.TemporaryDirectory() as folder, sessions_with(adapted(adapt)):
        ceiling = Ceiling(config, data, device, adapt)
        whole = Whole(config, data, device, Store(Path(folder)))
        ceiling.train(max(5, steps // 10))
        whole.train()  # warming up
        pairs = [(ceiling.train(steps), whole.train()) for _ in range(turns)]
    ceilings, wholes = zip(*pairs, strict=True)
    ratio = statistics.median(whole / ceiling for ceiling, whole in pairs)
    return statistics.median(ceilings), statistics.median(wholes), ratio


def main() -> None:
    """Compare and print one line per precision and number of threads."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--data-root", default=os.environ.get("INCAY_DATA"))
    parser.add_argument("--dataset", default="mnist")
    parser.add_argument("--network", default="mnist-2d")
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--precision", nargs="+", default=["fp32", "bf16"])
    parser.add_argument("--threads", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--validation", type=float, default=0.0, help="share of images, per report")
    parser.add_argument("--steps", type=int, default=200, help="steps from report to report")
    parser.add_argument("--turns", type=int, default=9)
    chosen = parser.parse_args()
    if not chosen.data_root and chosen.dataset != "digits":
        parser.error("--data-root, or INCAY_DATA, must name the folder with the data set")
    root = Path(chosen.data_root) if chosen.data_root else None
    dataset, device = datasets[chosen.dataset](), torch.device(chosen.device)
    data = dataset.load(root)
    keep_memory()  # as workers do
    os.environ[CHECKPOINTS] = "5"  # six times as often as in a study
    reports = chosen.turns + 2
    base = TrialConfig(
        dataset=dataset,
        network=networks[chosen.network](),
        incay=IncaySettings(form="reciprocal", weight=0.1, gate="correct"),
        optimizer=SGDSettings(lr=0.01),
        split=SplitSettings(validation=chosen.validation),
        steps=chosen.steps * reports,
        reports=reports,
    )
    print(
        f"# {chosen.network} on {chosen.dataset}, batches of {base.batch_size}, a report every "
        f"{chosen.steps} steps; PyTorch {torch.__version__}, Python {platform.python_version()}, "
        f"{os.cpu_count()} CPUs ({platform.machine()}), {device}"
    )
    print(f"{'precision':>9} {'threads':>8} {'ceiling':>9} {'trial':>9} {'ratio':>6}   (images/s)")
    for precision in chosen.precision:
        for count in chosen.threads:
            with threads(count):
                ceiling, whole, ratio = compare(
                    replace(base, precision=precision), data, device, chosen.turns
                )
            print(f"{precision:>9} {count:8} {ceiling:9.0f} {whole:9.0f} {ratio:6.3f}", flush=True)


if __name__ == "__main__":
    main()
