"""Parts of a recipe that cannot go together: one message each, with file and line."""

from __future__ import annotations

from pathlib import Path

import pytest
from in_process import incay

STUDY = """\
name: refused
base:
  dataset: digits
  network: {name: mnist-2d, width: 0.1, dimension: 2}
  loss: softmax
  optimizer: sgd
  schedule: step
  average: {}
  early_stopping: {}
  split: {}
  steps: 20
  reports: 4
  batch_size: 32
  precision: fp32
arms:
  A: {}
  B: {incay: {form: reciprocal, weight: 0.1}}
confirm: {seeds: 2}
resources: {stack: 2}
"""
OWN_NETWORK = '''\
from dataclasses import dataclass

from torch import nn

from incay.components import NetworkSettings, register_network


class Linear(nn.Module):
    def __init__(self, numbers):
        super().__init__()
        self.trunk, self.head, self.num_features = nn.Flatten(), nn.Linear(numbers, 2), 2

    def forward(self, images):
        return self.head(self.trunk(images))


@register_network("linear-of-mine")
@dataclass(frozen=True, kw_only=True)
class LinearSettings(NetworkSettings):
    """f = W x."""

    image_shape = (1, 8, 8)

    def build(self, image_shape):
        return Linear(image_shape[0] * image_shape[1] * image_shape[2])
'''
REFUSED = {
    "an average that would begin after the last step": (
        {"average: {}": "average: {name: swa, start: 0.9, every: 3}"},
        "yaml:8: base.average: a first average within steps=20 must hold",
    ),
    "a decay of 1": (
        {"average: {}": "average: {name: ema, decay: 1.0}"},
        "yaml:8: base.average.decay: 0 < decay < 1 must hold",
    ),
    "an average that there is none of": (
        {"average: {}": "average: {name: polyak}"},
        "yaml:8: base.average.name: average.name must be one of none, ema, swa",
    ),
    "stopping without images to stop by": (
        {
            "early_stopping: {}": "early_stopping: {metric: val.loss}",
            "split: {}": "split: {validation: 0}",
        },
        "yaml:10: base.split.validation: a study that stops early must have a validation split",
    ),
    "stopping by the test set": (
        {"early_stopping: {}": "early_stopping: {metric: test.error}"},
        "yaml:9: base.early_stopping.metric",
    ),
    "mixup where a loss takes no shares": (
        {"loss: softmax": "loss: arcface", "split: {}": "recipe: cifar-adamw-strong"},
        "yaml:10 (recipe cifar-adamw-strong): base.augment: augment.mix is none, or the loss takes",
    ),
    "more parts than images": (
        {"optimizer: sgd": "optimizer: {accumulate: 64}"},
        "yaml:6: base.optimizer: optimizer.accumulate <= batch_size=32 must hold",
    ),
    "a warm-up longer than the trial": (
        {"schedule: step": "schedule: {kind: cosine, warmup: 30}"},
        "yaml:7: base.schedule.warmup: warmup must be below steps=20",
    ),
    "a warm-up that is all of the trial": (
        {"schedule: step": "schedule: {kind: cosine, warmup: 0.99}"},
        "yaml:7: base.schedule.warmup: warmup must be below steps=20, but is 0.99 of them",
    ),
    "more cycles than steps": (
        {"schedule: step": "schedule: {kind: cosine, restarts: 30}"},
        "yaml:7: base.schedule.restarts: the first of all cycles must have a step or more",
    ),
    "cycles for which a warm-up leaves no room": (
        {"schedule: step": "schedule: {kind: cosine, restarts: 3, warmup: 18}"},
        "yaml:7: base.schedule.restarts: the first of all cycles must have a step or more",
    ),
    "restarts of a schedule that has none": (
        {"schedule: step": "schedule: {kind: linear, restarts: 2}"},
        "yaml:7: base.schedule.restarts: a key must be one of floor, warmup",
    ),
    "a mean of one step's weights": (
        {"average: {}": "average: {name: swa, start: 0.5, every: 8}"},
        "yaml:8: base.average.every: every must leave two averages or more within steps=20",
    ),
    "progress that no report could make": (
        {"early_stopping: {}": "early_stopping: {metric: val.error, min_delta: 150}"},
        "yaml:9: base.early_stopping.min_delta: min_delta must be below 100",
    ),
    "mixing one image": (
        {"batch_size: 32": "batch_size: 1", "split: {}": "augment.mix: {name: mixup}"},
        "yaml:10: base.augment.mix: mixup must have a batch of two images or more",
    ),
    "mixup by its name alone": (
        {"split: {}": "augment: {mix: mixup}"},
        "yaml:10: base.augment.mix: augment.mix must be a mapping of settings, but got 'mixup' "
        "(did you mean {name: mixup}?)",
    ),
    "an average by its name alone": (
        {"average: {}": "average: ema"},
        "yaml:8: base.average: average must be a mapping of settings, but got 'ema' (did you mean "
        "{name: ema}?)",
    ),
    "settings of no policy": (
        {"split: {}": "augment: {policy: {magnitude: 9}}"},
        "yaml:10: base.augment.policy.magnitude: there must be no settings here",
    ),
    "parts of one image for batch norm of features": (
        {"optimizer: sgd": "optimizer: {accumulate: 20}", "dimension: 2": "feature: bn_relu"},
        "yaml:6: base.optimizer.accumulate: optimizer.accumulate must be one that can train on "
        "'digits' (10 classes, images of 1×28×28), but: 20 parts of a batch of 32 leave some of "
        "one image, and network 'mnist-2d' needs two or more",
    ),
    "such parts among those that are searched": (
        {
            "dimension: 2": "feature: bn_relu",
            "resources: {stack: 2}": "search: {all arms: {optimizer.accumulate: [1, 32]}}",
            "name: refused": "name: refused\nbudget: {trials: 2}",
        },
        "yaml:20: search.all arms.optimizer.accumulate: optimizer.accumulate must be one that can",
    ),
    "smoothing of a loss that has none": (
        {"loss: softmax": "loss: {name: arcface, smoothing: 0.1}"},
        "yaml:5: base.loss.smoothing: a key must be one of gradient, margin, scale",
    ),
    "cutmix where a loss has centres": (
        {"loss: softmax": "loss: center", "split: {}": "augment.mix: {name: cutmix}"},
        "yaml:10: base.augment: augment.mix is none, or the loss takes soft labels",
    ),
    "a recipe that is not there": (
        {"split: {}": "recipe: mine.yaml"},
        "mine.yaml: the recipe must be a readable file, but there is none",
    ),
    "dropout of all": (
        {"dimension: 2}": "dimension: 2, dropout: 1.0}"},
        "yaml:4: base.network.dropout: 0 <= dropout < 1 must hold",
    ),
    "dropout that a network does not have": (
        {
            "network: {name: mnist-2d, width: 0.1, dimension: 2}": (
                "network: {name: linear-of-mine, dropout: 0.5}"
            ),
            "resources: {stack: 2}": "uses: own.py",
        },
        "yaml:4: base.network: ",
    ),
}


@pytest.fixture(autouse=True)
def _folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def planned(changes: dict[str, str], *settings: str):
    text = STUDY
    for before, after in changes.items():
        assert before in text
        text = text.replace(before, after, 1)
    Path("own.py").write_text(OWN_NETWORK, encoding="utf-8")
    Path("study.yaml").write_text(text, encoding="utf-8")
    return incay("plan", "study.yaml", "--no-probe", *settings)


@pytest.mark.parametrize("what", REFUSED)
def test_what_cannot_go_together_is_one_message(what: str) -> None:
    changes, message = REFUSED[what]
    done = planned(changes)
    assert done.code == 2
    assert message in done.err
    told = done.err.replace("incay: runs code that is not incay's own: own.py\n", "")
    assert told.count("\n") == 1


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"average: {}": "average: {name: ema}"}, "average.name: ema keeps weights of one trial"),
        (
            {"early_stopping: {}": "early_stopping: {metric: val.loss}"},
            "early_stopping: val.loss ends each trial for itself",
        ),
        ({"dimension: 2}": "dimension: 2, dropout: 0.5}"}, "network.dropout draws for one trial"),
        ({"optimizer: sgd": "optimizer: lion"}, "optimizer lion has no step for several trials"),
    ],
)
def test_what_cannot_be_stacked_trains_alone_and_a_plan_says_why(
    change: dict[str, str], reason: str
) -> None:
    done = planned(change)
    assert done.code == 0
    assert f"4 trials train alone: {reason}" in done.out.replace("\n", " ")


def test_parts_are_set_searched_and_shown() -> None:
    done = planned(
        {
            "confirm: {seeds: 2}": (
                "confirm: {seeds: 2}\nbudget: {trials: 3}\n"
                "search: {all arms: {average.name: [none, ema],"
                " network.dropout: 0.0 .. 0.5, early_stopping.patience: 1 .. 3,"
                " average.decay: {range: 0.9 .. 0.999, when: {average.name: ema}}}}"
            ),
            "early_stopping: {}": "early_stopping: {metric: val.error, patience: 2}",
        }
    )
    assert done.code == 0, done.err
    assert "early stopping: 0.1 of the training images are held out in all arms" in done.out
    assert "early_stopping.metric=val.error" in done.out
