"""What is measured of losses whose classes have no single vector, or a fixed one."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from tasks import task_of

from incay.study.planning.checks.first_step import refusal
from incay.trainables.config import TrialConfig
from incay.trainables.data.base import ImageData
from incay.trainables.data.digits import DigitsSettings
from incay.trainables.losses.logits.etf import ETFSettings
from incay.trainables.losses.logits.logitnorm import LogitNormSettings
from incay.trainables.losses.margins.subcenter_arcface import SubCenterArcFaceSettings
from incay.trainables.networks.mnist_2d import MNIST2DSettings
from incay.trainables.optimizers.sgd import SGDSettings
from incay.trainables.store.trials import Store
from incay.trainables.training.opened import OpenTrainer
from incay.trainables.training.settings import SplitSettings
from incay.trainables.worker.measuring.measuring import measure_report
from incay.trainables.worker.session import train

CPU = torch.device("cpu")
CONFIG = TrialConfig(
    network=MNIST2DSettings(width=0.2, dimension=12),
    optimizer=SGDSettings(lr=0.005),
    split=SplitSettings(validation=0.2, test="final"),
    steps=12,
    batch_size=32,
    reports=1,
)
SUBCENTER = replace(CONFIG, loss=SubCenterArcFaceSettings(centers=3, scale=8.0))


@pytest.fixture(scope="module")
def digits() -> ImageData:
    return DigitsSettings().load(None)


def measured(config: TrialConfig, data: ImageData) -> tuple[OpenTrainer, dict[str, float]]:
    trainer = OpenTrainer(config, data, CPU)
    while not trainer.finished:
        trainer.advance()
    return trainer, dict(measure_report(trainer).metrics)


def test_sub_centres_are_measured_by_the_nearest_one(digits: ImageData) -> None:
    trainer, _ = measured(SUBCENTER, digits)
    records = measure_report(trainer).records["test"]
    samples = trainer.tested()
    assert samples is not None
    unit_ND = torch.nn.functional.normalize(samples.features.double(), dim=1)
    weight = trainer.loss.get_parameter("weight").detach().double()
    centre_KCD = torch.nn.functional.normalize(weight, dim=1).unflatten(0, (10, 3))
    cosine_NK = torch.einsum("nd,kcd->nkc", unit_ND, centre_KCD).amax(dim=2).numpy()
    label = samples.label.numpy()
    row = np.arange(len(label))
    np.testing.assert_allclose(records.max_logit, 8.0 * cosine_NK.max(axis=1), rtol=1e-4)
    np.testing.assert_allclose(records.target_cosine, cosine_NK[row, label], atol=1e-5)
    others = cosine_NK.copy()
    others[row, label] = -np.inf
    np.testing.assert_allclose(records.other_cosine, others.max(axis=1), atol=1e-5)
    assert records.rank is not None
    np.testing.assert_array_equal(records.rank == 1, samples.prediction.numpy() == label)


def test_sub_centres_have_no_measures_of_class_vectors(digits: ImageData, tmp_path: Path) -> None:
    record = train(task_of(SUBCENTER), digits, Store(tmp_path), CPU)
    lacking = {f"{split}.{name}" for split in ("val", "test") for name in ("nc2.weights", "nc3")}
    assert all(math.isnan(record.metrics[name]) for name in lacking)
    assert {"test.nc1", "test.nc2", "test.nc4", "test.ece"} <= record.metrics.keys()


def test_an_etf_is_its_own_class_vectors(digits: ImageData) -> None:
    trainer, metrics = measured(replace(CONFIG, loss=ETFSettings()), digits)
    records = measure_report(trainer).records["test"]
    vectors = trainer.class_vectors()
    assert vectors is not None
    assert torch.equal(vectors, trainer.loss.get_buffer("weight"))
    np.testing.assert_array_equal(records.class_weight, vectors.numpy())
    assert metrics["test.nc2.weights"] == pytest.approx(0.0, abs=1e-6)
    samples = trainer.tested()
    assert samples is not None
    logits = samples.features @ vectors.T
    np.testing.assert_allclose(records.max_logit, logits.amax(dim=1), rtol=1e-4)
    loss = torch.nn.functional.cross_entropy(logits, samples.label)
    assert metrics["test.nll"] == pytest.approx(float(loss), rel=1e-4)


def test_logitnorm_is_evaluated_by_logits_as_they_are(digits: ImageData) -> None:
    trainer, metrics = measured(replace(CONFIG, loss=LogitNormSettings()), digits)
    samples = trainer.tested()
    assert samples is not None
    logits = samples.features @ trainer.loss.get_parameter("weight").detach().T
    loss = torch.nn.functional.cross_entropy(logits, samples.label)
    assert metrics["test.nll"] == pytest.approx(float(loss), rel=1e-4)


def test_too_few_features_for_an_etf_are_told_before_anything_trains() -> None:
    config = replace(CONFIG, network=MNIST2DSettings(dimension=2), loss=ETFSettings())
    setting, why = refusal(config, (1, 28, 28), 10, 32)
    assert setting == "loss"
    assert why.startswith("network.dimension >= 9")
    assert why.endswith("must hold, but got 2")


def test_what_a_loss_has_no_class_vectors_for_is_recorded_as_no_number(digits: ImageData) -> None:
    _, metrics = measured(SUBCENTER, digits)
    without = {name for name, value in metrics.items() if math.isnan(value)}
    assert {"val.nc3", "test.nc3", "test.nc2.weights"} <= without
    assert not [name for name in metrics if ".ood." in name]


def test_equal_logits_for_all_classes_are_no_top_five(digits: ImageData) -> None:
    trainer, _ = measured(CONFIG, digits)
    with torch.no_grad():
        trainer.loss.get_parameter("weight").zero_()
    assert measure_report(trainer).metrics["test.top5_error"] == 100.0
