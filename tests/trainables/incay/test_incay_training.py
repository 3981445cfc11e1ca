"""Incay in real training: MNIST-2D, narrowed, on the digits."""

from __future__ import annotations

from functools import cache

import pytest
import torch

from incay.trainables.config import TrialConfig
from incay.trainables.data.base import ImageData
from incay.trainables.data.digits import DigitsSettings
from incay.trainables.incay.settings import IncaySettings
from incay.trainables.losses import LossSettings, losses
from incay.trainables.losses.coco import COCOSettings
from incay.trainables.losses.softmax import SoftmaxSettings
from incay.trainables.networks.mnist_2d import MNIST2DSettings
from incay.trainables.optimizers.sgd import SGDSettings
from incay.trainables.training.trainer import DivergedError, Trainer

torch.set_num_threads(1)

STEPS = 12
OFF = IncaySettings()


@cache
def digits() -> ImageData:
    return DigitsSettings().load(None)


def train(
    incay: IncaySettings,
    loss: LossSettings | None = None,
    *,
    steps: int = STEPS,
    reports: int = 3,
    precision: str = "fp32",
    dimension: int = 2,
) -> Trainer:
    """Return the trainer after the last step."""
    config = TrialConfig(
        network=MNIST2DSettings(width=0.4, dimension=dimension),
        loss=loss or SoftmaxSettings(),
        incay=incay,
        optimizer=SGDSettings(lr=0.01),
        steps=steps,
        reports=reports,
        batch_size=32,
        precision=precision,  # type: ignore[arg-type]
    )
    trainer = Trainer(config, digits(), torch.device("cpu"))
    while not trainer.finished:
        trainer.advance()
    return trainer


def history(trainer: Trainer) -> list[dict[str, float]]:
    """Return the reports without what the clock says."""
    return [
        {name: value for name, value in report.items() if name != "images_per_second"}
        for report in trainer.history
    ]


@pytest.mark.parametrize(
    "incay",
    [
        IncaySettings(form="reciprocal", weight=0.0, gate="correct", threshold="3 x mean"),
        IncaySettings(form="linear", weight=5.0, start_step=STEPS),
    ],
    ids=["weight 0", "not yet started"],
)
def test_what_is_off_is_the_baseline_bit_for_bit(incay: IncaySettings) -> None:
    baseline, ours = train(OFF), train(incay)
    assert history(ours) == history(baseline)
    weights = ours.network.state_dict()
    for name, weight in baseline.network.state_dict().items():
        assert torch.equal(weight, weights[name])


def test_linear_without_threshold_ends_as_diverged_with_the_step() -> None:
    """Paper A, section 6.3: "such large gradients update can lead to explosion"."""
    incay = IncaySettings(form="linear", weight=1.0)
    found = []
    for reports in (2, 20):
        with pytest.raises(DivergedError, match="not finite at step") as caught:
            train(incay, steps=20, reports=reports)
        found.append(caught.value.step)
    assert 0 < found[0] < 20
    assert found[0] == found[1], "the step must not depend on how often the run reports"


@pytest.mark.parametrize(
    "incay",
    [
        IncaySettings(form="linear", weight=0.1, threshold="3 x mean"),
        IncaySettings(form="linear", weight=0.1, threshold="1+sqrt2 x mean", gate="correct"),
        IncaySettings(form="linear", weight=0.02, threshold=10.0),
        IncaySettings(form="log", weight=0.1),
        IncaySettings(form="log", weight=0.1, threshold="1+sqrt2 x mean"),
        IncaySettings(form="reciprocal", weight=0.1, gate="incorrect"),
        IncaySettings(form="reciprocal", weight=0.1, start_step=6),
    ],
    ids=lambda incay: f"{incay.form}, {incay.gate}, {incay.threshold}",
)
def test_other_forms_and_thresholds_train(incay: IncaySettings) -> None:
    trainer = train(incay)
    assert trainer.finished
    assert "train.incay" in trainer.history[-1]


@pytest.mark.parametrize(
    ("loss", "incay"),
    [
        (SoftmaxSettings(), IncaySettings(form="reciprocal", weight=1.0)),
        (SoftmaxSettings(), IncaySettings(form="log", weight=1.0)),
        (SoftmaxSettings(), IncaySettings(form="linear", weight=0.1, threshold="3 x mean")),
        # Before normalisation (paper A, section 4.2): the loss itself does not see the norm.
        (COCOSettings(), IncaySettings(form="log", weight=1.0)),
    ],
    ids=["reciprocal", "log", "linear", "log + coco"],
)
def test_incay_lengthens_features(loss: LossSettings, incay: IncaySettings) -> None:
    ours, baseline = train(incay, loss), train(OFF, loss)
    assert ours.history[-1]["train.norm"] > 1.02 * baseline.history[-1]["train.norm"]


@pytest.mark.parametrize("precision", ["fp32", "bf16"])
@pytest.mark.parametrize("name", sorted(losses))
def test_every_loss_trains_with_incay(name: str, precision: str) -> None:
    incay = IncaySettings(form="reciprocal", weight=0.1, threshold="1+sqrt2 x mean")
    # Nine features, for the ETF of ten classes.
    trainer = train(incay, losses[name](), steps=3, reports=1, precision=precision, dimension=9)
    report = trainer.history[-1]
    assert report["train.norm"] > 0
    assert report["train.incay"] > 0
