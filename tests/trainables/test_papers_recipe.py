"""The papers' recipe in plain PyTorch: the training loop computes its bits, whatever it has learnt.

Nothing here is the package's loop, order, augmentation, optimiser or schedule. That is what lets
code of the loop be declared as computing what it did at the epoch (`incay.trainables.epoch`). No
number is stored, so that it holds on any processor.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from incay.trainables.config import TrialConfig
from incay.trainables.data.base import ImageData
from incay.trainables.data.digits import DigitsSettings
from incay.trainables.incay.settings import IncaySettings
from incay.trainables.training.trainer import Trainer

CPU = torch.device("cpu")
SMALL = TrialConfig.from_dict(
    {
        **TrialConfig().to_dict(),
        "network": {"name": "mnist-2d", "width": 0.3, "dimension": 4},
        "optimizer": {"lr": 0.02, "momentum": 0.9, "weight_decay": 5e-3, "bias_lr_multiplier": 2.0},
        "split": {"test": "reports"},
        "steps": 40,
        "batch_size": 64,
        "reports": 5,
        "seed": 11,
    }
)
STEP = {"kind": "step", "factor": 0.3, "milestones": [0.4, 0.75]}
PLATEAU = {"kind": "plateau", "factor": 0.5, "drops": 2, "patience": 1, "min_delta": 0.2}
AUGMENTED = {"horizontal_flip": "on", "crop_padding": 1}
RECIPROCAL = IncaySettings(form="reciprocal", weight=0.1)


def varied(**parts: Any) -> TrialConfig:
    return TrialConfig.from_dict({**SMALL.to_dict(), **parts})


@pytest.mark.parametrize(
    "config",
    [
        varied(schedule=STEP),
        varied(schedule=PLATEAU),
        varied(augment=AUGMENTED),
        replace(varied(schedule=STEP, augment=AUGMENTED), incay=RECIPROCAL),
        replace(SMALL, incay=replace(RECIPROCAL, start_step=13)),
        replace(SMALL, precision="bf16"),
        varied(optimizer={"lr": 0.05, "momentum": 0.0, "weight_decay": 0.0}),
    ],
    ids=["step", "plateau", "augment", "all", "incay-late", "bf16", "plain-sgd"],
)
def test_the_loop_computes_the_papers_recipe_bit_for_bit(config: TrialConfig) -> None:
    data = DigitsSettings().load(None)
    trainer = Trainer(config, data, CPU)
    reports = papers_recipe(config, data)
    while not trainer.finished:
        expected, network, classifier = next(reports)
        found = trainer.advance()
        assert {name: found[name] for name in expected} == expected
        state = trainer.network.state_dict()
        assert state.keys() == network.state_dict().keys()
        for name, value in network.state_dict().items():
            assert torch.equal(state[name], value), name
        assert torch.equal(trainer.loss.state_dict()["weight"], classifier.detach())


def papers_recipe(
    config: TrialConfig, data: ImageData
) -> Iterator[tuple[dict[str, float], nn.Module, Tensor]]:
    """Yield metrics, network and classifier at each report of plain softmax, with incay or not."""
    images, labels = (torch.from_numpy(each) for each in (data.train.images, data.train.labels))
    mean = torch.from_numpy(data.train.images.mean(axis=0, dtype="float64")).float()
    torch.manual_seed(seed_of(config.seed, "init"))
    network = config.network.build(data.image_shape).to(memory_format=torch.channels_last)
    classifier = nn.Parameter(torch.empty(data.num_classes, network.num_features))
    nn.init.kaiming_normal_(classifier)
    optimizer, factors = sgd(config, network, classifier)
    size, per_epoch = config.batch_size, len(labels) // config.batch_size
    plateau = config.to_dict()["schedule"]["kind"] == "plateau"
    drops, best, waited, rows = 0, float("inf"), 0, []
    for step in range(config.steps):
        epoch, index = divmod(step, per_epoch)
        order = drawing(config.seed, "order", epoch)
        chosen = torch.randperm(len(labels), generator=order)[index * size : (index + 1) * size]
        batch = images[chosen].to(torch.float32, memory_format=torch.channels_last)
        batch = (batch - mean) * data.scale
        if config.augment.crop_padding:
            batch = flipped_and_cropped(batch, drawing(config.seed, "augment", step))
        batch = batch.contiguous(memory_format=torch.channels_last)
        if not plateau:
            drops = sum(step >= round(share * config.steps) for share in config.schedule.milestones)
        lr = config.optimizer.lr * config.schedule.factor**drops
        for group, factor in zip(optimizer.param_groups, factors, strict=True):
            group["lr"] = lr * factor
        network.train()
        with torch.autocast("cpu", torch.bfloat16, enabled=config.precision == "bf16"):
            features = network(batch)
        features = features.float()
        logits, y = F.linear(features, classifier), labels[chosen]
        each = F.cross_entropy(logits, y, reduction="none")
        objective = cross_entropy = each.mean()
        if config.incay.active and step >= config.incay.start_step:
            incay = 1.0 / (features.square().sum(dim=1) + config.incay.epsilon)
            objective = cross_entropy + config.incay.weight * incay.mean()
        optimizer.zero_grad()
        objective.backward()
        optimizer.step()
        error = 100.0 * (1.0 - (logits.argmax(1) == y).float().mean())
        rows.append(torch.stack([cross_entropy, objective, error, features.norm(dim=1).mean()]))
        if (step + 1) % (config.steps // config.reports) == 0:
            totals = torch.stack(rows).detach().double().sum(0) / len(rows)
            names = ("train.cross_entropy", "train.loss", "train.error", "train.norm")
            metrics = dict(zip(names, totals.tolist(), strict=True))
            if plateau:  # both papers, section 4.1
                better = metrics["train.error"] < best - 100.0 * config.schedule.min_delta
                best, waited = (metrics["train.error"], 0) if better else (best, waited + 1)
                if waited >= config.schedule.patience and drops < config.schedule.drops:
                    drops, waited = drops + 1, 0
            yield {**metrics, "lr": lr, "step": step + 1.0}, network, classifier
            rows = []


def sgd(
    config: TrialConfig, network: nn.Module, classifier: Tensor
) -> tuple[torch.optim.SGD, list[float]]:
    """Return SGD with the authors' groups: no decay on biases and norms, a rate for biases."""
    norms = [
        each for each in network.modules() if isinstance(each, nn.BatchNorm1d | nn.BatchNorm2d)
    ]
    of_norms = [parameter for norm in norms for parameter in norm.parameters()]
    rest = [each for each in network.named_parameters() if all(each[1] is not o for o in of_norms)]
    biases = [parameter for name, parameter in rest if name.endswith("bias")]
    weights = [parameter for name, parameter in rest if not name.endswith("bias")] + [classifier]
    groups: list[tuple[list[Any], float, float]] = [
        (weights, config.optimizer.weight_decay, 1.0),
        (biases, 0.0, config.optimizer.bias_lr_multiplier),
        (of_norms, 0.0, 1.0),
    ]
    groups = [group for group in groups if group[0]]
    optimizer = torch.optim.SGD(
        [{"params": parameters, "weight_decay": decay} for parameters, decay, _ in groups],
        lr=config.optimizer.lr,
        momentum=config.optimizer.momentum,
        fused=True,
    )
    return optimizer, [factor for *_, factor in groups]


def flipped_and_cropped(images: Tensor, draw: torch.Generator) -> Tensor:
    """Return images flipped with probability ½, padded by one pixel and cropped at random."""
    chosen = torch.rand(len(images), generator=draw) < 0.5
    shift = torch.randint(0, 3, (2, len(images)), generator=draw)
    height, width = images.shape[2:]
    changed = []
    for image, flip, row, column in zip(images, chosen, *shift.tolist(), strict=True):
        padded = F.pad(image.flip(2) if flip else image, (1, 1, 1, 1))
        changed.append(padded[:, row : row + height, column : column + width])
    return torch.stack(changed)


def drawing(*parts: int | str) -> torch.Generator:
    return torch.Generator().manual_seed(seed_of(*parts))


def seed_of(*parts: int | str) -> int:
    text = "\x1f".join(map(str, parts))
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big") >> 1
