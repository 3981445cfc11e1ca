"""The same study as `benchmarks.glue.plain`, as somebody writes it who knows the parts well.

What differs from that yardstick: images are decoded and normalised once, and lie as tensors in
each worker; there are no loader processes; weights and images are in channels-last layout; a worker
keeps its process from trial to trial (`reuse_actors`, a class in place of a function); PyTorch has
one thread for each of two trials; both precisions are tried for a few steps, and the faster one
trains all. Network, loss, incay, optimiser, steps, reports, held-out images, the winner's test and
MLflow are the same.

    python -m benchmarks.glue.expert MNIST_ROOT RESULTS --trials 32 --steps 300
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path
from typing import Any

import ray
import torch
import torch.nn.functional as F
from ray import tune
from ray.air.integrations.mlflow import MLflowLoggerCallback
from ray.tune.search.optuna import OptunaSearch
from torch import Tensor
from torchvision import datasets

from incay.trainables.networks.mnist_2d import MNIST2DSettings

_BATCH = 128
_HELD_OUT = 6000


class Images:
    """MNIST as tensors: what is trained on, held out and tested."""

    def __init__(self, root: str) -> None:
        order = torch.randperm(60_000, generator=torch.Generator().manual_seed(0))
        images, labels = _tensors(root, train=True)
        self.held_out = images[order[:_HELD_OUT]], labels[order[:_HELD_OUT]]
        self.train = images[order[_HELD_OUT:]], labels[order[_HELD_OUT:]]
        self.test = _tensors(root, train=False)


def _tensors(root: str, *, train: bool) -> tuple[Tensor, Tensor]:
    found = datasets.MNIST(root, train=train)
    images = found.data.unsqueeze(1).float().div_(255.0).sub_(0.1307).div_(0.3081)
    return images.contiguous(memory_format=torch.channels_last), found.targets


class Trial:
    """The network of one trial, and its steps."""

    def __init__(self, config: dict[str, Any], images: Images) -> None:
        self._images, self._weight = images, config["incay_weight"]
        self._bf16 = config["precision"] == "bf16"
        self._network = MNIST2DSettings().build((1, 28, 28)).to(memory_format=torch.channels_last)
        self._classifier = torch.nn.Linear(2, 10)
        self._optimizer = torch.optim.SGD(
            [*self._network.parameters(), *self._classifier.parameters()],
            lr=0.01,
            momentum=0.9,
            weight_decay=config["weight_decay"],
            fused=True,
        )
        self._order = torch.empty(0, dtype=torch.int64)

    def train(self, steps: int) -> float:
        """Take some steps and return the last one's loss."""
        for _ in range(steps):
            if len(self._order) < _BATCH:
                self._order = torch.randperm(len(self._images.train[1]))
            chosen, self._order = self._order[:_BATCH], self._order[_BATCH:]
            batch, labels = (each[chosen] for each in self._images.train)
            features = self._features(batch)
            logits = self._classifier(features)
            correct = logits.argmax(1) == labels
            incay = (correct / (features.square().sum(1) + 1e-6)).mean()
            loss = F.cross_entropy(logits, labels) + self._weight * incay
            self._optimizer.zero_grad()
            loss.backward()
            self._optimizer.step()
        return float(loss.item())

    @torch.inference_mode()
    def error(self, images: tuple[Tensor, Tensor]) -> float:
        """Return the error (%) on some images."""
        self._network.eval()
        wrong = 0
        for batch, labels in zip(*(torch.split(each, 250) for each in images), strict=True):
            wrong += int((self._classifier(self._features(batch)).argmax(1) != labels).sum())
        self._network.train()
        return 100.0 * wrong / len(images[1])

    def _features(self, batch: Tensor) -> Tensor:
        batch = batch.contiguous(memory_format=torch.channels_last)
        with torch.autocast("cpu", torch.bfloat16, self._bf16):
            features: Tensor = self._network(batch)
        return features.float()


class Worker(tune.Trainable):  # type: ignore[misc]
    """Trains one trial after another, from report to report."""

    def setup(self, config: dict[str, Any]) -> None:
        """Read the images once, and begin a trial."""
        torch.set_num_threads(1)
        self._images = Images(config["root"])
        self.reset_config(config)

    def reset_config(self, new_config: dict[str, Any]) -> bool:
        """Begin another trial."""
        self.config = new_config
        self._trial, self._reports = Trial(new_config, self._images), 0
        return True

    def step(self) -> dict[str, Any]:
        """Train to the next report."""
        self._reports += 1
        reports = self.config["reports"]
        loss = self._trial.train(self.config["steps"] // reports)
        done = self._reports == reports
        found = {"val_error": self._trial.error(self._images.held_out), "train_loss": loss}
        if done and self.config["test"]:
            found["test_error"] = self._trial.error(self._images.test)
        return {**found, "done": done}


def faster_precision(root: str) -> str:
    """Return the precision of which some steps take less time."""
    torch.set_num_threads(1)
    images, taken = Images(root), {}
    for precision in ("fp32", "bf16"):
        trial = Trial({"incay_weight": 0.1, "weight_decay": 0.0, "precision": precision}, images)
        trial.train(3)
        started = time.perf_counter()
        trial.train(20)
        taken[precision] = time.perf_counter() - started
    return min(taken, key=lambda each: taken[each])


def main() -> None:
    """Run the study."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("root", help="holds torchvision's MNIST/raw")
    parser.add_argument("results", type=Path)
    parser.add_argument("--trials", type=int, default=32)
    parser.add_argument("--steps", type=int, default=300)
    parser.add_argument("--reports", type=int, default=3)
    chosen = parser.parse_args()
    precision = faster_precision(chosen.root)
    print(f"precision {precision}")
    ray.init(num_cpus=2, include_dashboard=False)
    results = str(chosen.results.resolve())

    def tuner(space: dict[str, Any], **settings: Any) -> tune.Tuner:
        callback = MLflowLoggerCallback(
            tracking_uri=f"sqlite:///{results}/mlflow.db", experiment_name="glue"
        )
        return tune.Tuner(
            tune.with_resources(Worker, {"cpu": 1}),
            param_space=space,
            tune_config=tune.TuneConfig(metric="val_error", mode="min", **settings),
            run_config=tune.RunConfig(name="glue", storage_path=results, callbacks=[callback]),
        )

    fixed = {"root": chosen.root, "steps": chosen.steps, "reports": chosen.reports}
    fixed |= {"precision": precision, "test": False}
    space = {
        "incay_weight": tune.loguniform(1e-3, 1.0),
        "weight_decay": tune.loguniform(1e-5, 1e-2),
    }
    found = tuner(
        {**space, **fixed}, search_alg=OptunaSearch(), num_samples=chosen.trials, reuse_actors=True
    ).fit()
    best = found.get_best_result().config
    tuner({**best, "test": True}).fit()


if __name__ == "__main__":
    main()
