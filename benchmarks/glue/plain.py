"""The yardstick of `benchmarks.glue`: a study as the documentation of its parts shows it.

Ray Tune runs a training function, `OptunaSearch` suggests, `MLflowLoggerCallback` logs, a
`DataLoader` with worker processes feeds torchvision's MNIST through the usual transforms in
float32. Network, loss, incay, optimiser, steps, reports and validation images are those of the
study that it is compared with, and the winner is trained once more and tested, as there. What
such scripts usually have as well (checkpoints at each report, recovery) is left out, which can
only make it faster.

    python -m benchmarks.glue.plain MNIST_ROOT RESULTS --trials 32 --steps 300

With ``--bare`` it is plain Tune: points at random, nothing logged.
"""

from __future__ import annotations

import argparse
import itertools
import os
from pathlib import Path
from typing import Any


def train_mnist(config: dict[str, Any]) -> None:
    """Train one trial; Tune starts a process for each."""
    import torch
    import torch.nn.functional as F
    from ray import tune
    from torch.utils.data import DataLoader, Subset
    from torchvision import datasets, transforms

    from incay.trainables.networks.mnist_2d import MNIST2DSettings

    transform = transforms.Compose(
        [transforms.ToTensor(), transforms.Normalize((0.1307,), (0.3081,))]
    )
    images = datasets.MNIST(config["root"], train=True, transform=transform)
    order = torch.randperm(len(images), generator=torch.Generator().manual_seed(0)).tolist()
    workers = config["workers"]
    training = DataLoader(
        Subset(images, order[6000:]), batch_size=128, shuffle=True, num_workers=workers
    )
    validation = DataLoader(Subset(images, order[:6000]), batch_size=500, num_workers=workers)

    network = MNIST2DSettings().build((1, 28, 28))
    classifier = torch.nn.Linear(2, 10)
    optimizer = torch.optim.SGD(
        [*network.parameters(), *classifier.parameters()],
        lr=0.01,
        momentum=0.9,
        weight_decay=config["weight_decay"],
    )
    endless = itertools.chain.from_iterable(itertools.repeat(training))
    steps, reports = config["steps"], config["reports"]
    for step, (batch, labels) in enumerate(itertools.islice(endless, steps), start=1):
        features = network(batch)
        logits = classifier(features)
        correct = logits.argmax(1) == labels
        incay = (correct / (features.square().sum(1) + 1e-6)).mean()
        loss = F.cross_entropy(logits, labels) + config["incay_weight"] * incay
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        if step % (steps // reports) == 0:
            network.eval()
            wrong = 0
            with torch.no_grad():
                for held_out, answers in validation:
                    wrong += int((classifier(network(held_out)).argmax(1) != answers).sum())
            network.train()
            tune.report({"val_error": 100.0 * wrong / 6000, "train_loss": float(loss)})
    if config["test"]:
        network.eval()
        wrong = 0
        held_back = datasets.MNIST(config["root"], train=False, transform=transform)
        with torch.no_grad():
            for batch, answers in DataLoader(held_back, batch_size=500, num_workers=workers):
                wrong += int((classifier(network(batch)).argmax(1) != answers).sum())
        tune.report({"test_error": 100.0 * wrong / len(held_back)})


def main() -> None:
    """Run the study."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("root", help="holds torchvision's MNIST/raw")
    parser.add_argument("results", type=Path)
    parser.add_argument("--trials", type=int, default=32)
    parser.add_argument("--steps", type=int, default=300)
    parser.add_argument("--reports", type=int, default=3)
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--bare", action="store_true", help="Tune alone")
    chosen = parser.parse_args()
    if chosen.bare:
        os.environ["TUNE_DISABLE_AUTO_CALLBACK_LOGGERS"] = "1"

    import ray
    from ray import tune
    from ray.air.integrations.mlflow import MLflowLoggerCallback
    from ray.tune.search.optuna import OptunaSearch

    ray.init(num_cpus=2, include_dashboard=False)
    results = str(chosen.results.resolve())

    def run_config() -> tune.RunConfig:
        database = f"sqlite:///{results}/mlflow.db"
        callbacks = [] if chosen.bare else [MLflowLoggerCallback(database, experiment_name="glue")]
        return tune.RunConfig(name="glue", storage_path=results, callbacks=callbacks)

    trainable = tune.with_resources(train_mnist, {"cpu": 1})
    fixed = {"root": chosen.root, "workers": chosen.workers}
    fixed |= {"steps": chosen.steps, "reports": chosen.reports}
    space = {
        "incay_weight": tune.loguniform(1e-3, 1.0),
        "weight_decay": tune.loguniform(1e-5, 1e-2),
    }
    found = tune.Tuner(
        trainable,
        param_space={**space, **fixed, "test": False},
        tune_config=tune.TuneConfig(
            metric="val_error",
            mode="min",
            search_alg=None if chosen.bare else OptunaSearch(),
            num_samples=chosen.trials,
        ),
        run_config=run_config(),
    ).fit()
    best = found.get_best_result().config
    tune.Tuner(trainable, param_space={**best, "test": True}, run_config=run_config()).fit()


if __name__ == "__main__":
    main()
