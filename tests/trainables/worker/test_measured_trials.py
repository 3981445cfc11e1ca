"""What a trial measures and leaves: alone or in a stack, at each report, of which splits."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
import torch
from tasks import task_of
from torch import Tensor

from incay.trainables import metrics
from incay.trainables.averaging import AverageSettings
from incay.trainables.averaging.modules import average
from incay.trainables.config import TrialConfig
from incay.trainables.data.base import ImageData
from incay.trainables.data.digits import DigitsSettings
from incay.trainables.fingerprint import fingerprint
from incay.trainables.losses.modules.base import ClassifierLoss, Loss, LossOutput
from incay.trainables.losses.softmax import SoftmaxSettings
from incay.trainables.measures import measures
from incay.trainables.measures.computing import computed
from incay.trainables.measures.settings import MeasureSettings
from incay.trainables.networks.mnist_2d import MNIST2DSettings
from incay.trainables.optimizers.sgd import SGDSettings
from incay.trainables.store.measured import (
    MOST_NUMBERS,
    measured_tables,
    records_of,
    sample_columns,
)
from incay.trainables.store.records import TrialRecord
from incay.trainables.store.trials import Store
from incay.trainables.training.opened import OpenTrainer
from incay.trainables.training.settings import SplitSettings
from incay.trainables.worker.measuring.measuring import measure_report
from incay.trainables.worker.session import train
from incay.trainables.worker.stack_session import StackSession
from tests.trainables.measures.answers import answers

CPU = torch.device("cpu")
CONFIG = TrialConfig(
    network=MNIST2DSettings(width=0.2, dimension=6),
    optimizer=SGDSettings(lr=0.02),
    split=SplitSettings(validation=0.2, test="final"),
    steps=40,
    batch_size=32,
    reports=4,
    precision="fp32",
)
EVERYTHING = MeasureSettings(train=True, reports=True, ood=("shuffled",))


@pytest.fixture(scope="module")
def digits() -> ImageData:
    return DigitsSettings().load(None)


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path)


def table(store: Store, record: TrialRecord, name: str) -> pa.Table:
    found = store.read_table(record, f"{name}.parquet")
    assert found is not None
    return found


def test_the_last_report_has_every_measure_and_the_others_the_quick_ones(store, digits):
    record = train(task_of(CONFIG), digits, store, CPU)
    assert record.status == "completed", record.reason
    both = {*metrics.measured("val"), *metrics.measured("test")}
    assert {name for name in both if ".ood." not in name} <= record.metrics.keys()
    assert not [name for name in record.metrics if ".ood." in name]
    history = table(store, record, "history")
    assert "val.ece" in metrics.reported("val")
    for name in metrics.reported("val"):
        assert not history.column(name).null_count, name
    assert history.column("val.nc1").null_count == 3
    assert record.metrics["val.nll"] == pytest.approx(record.metrics["val.loss"], rel=1e-6)
    assert record.metrics["test.nll"] == pytest.approx(record.metrics["test.loss"], rel=1e-6)


def test_what_it_leaves_is_enough_to_compute_its_measures_again(store, digits):
    record = train(task_of(CONFIG), digits, store, CPU)
    samples = table(store, record, "samples")
    found = computed(records_of(samples, table(store, record, "classes"))).values
    assert {"ece", "ece.t", "brier.t", "nc1", "nc2", "nc3", "nc4", "separation"} <= found.keys()
    drawn = {name for name in found if "drawn_label" in measures[name].needs}
    for name in found.keys() - drawn:
        expected = pytest.approx(record.metrics[f"test.{name}"], rel=1e-4, abs=1e-4)
        assert found[name] == expected, name
    fields = ("label", "prediction", "loss", "norm")
    more = samples.select([name for name in samples.column_names if name not in fields])
    assert more.nbytes <= 40 * len(samples)


def test_validation_serves_the_temperature_of_the_test_split(store, digits):
    with_validation = train(task_of(CONFIG), digits, store, CPU)
    samples = table(store, with_validation, "samples")
    assert len(samples.schema.metadata[b"temperature"].split()) == 1
    without = replace(CONFIG, split=SplitSettings(test="final"))
    samples = table(store, train(task_of(without), digits, store, CPU), "samples")
    assert len(samples.schema.metadata[b"temperature"].split()) == 2


def test_what_costs_more_is_measured_where_it_is_asked_for(store, digits):
    asked = replace(CONFIG, measure=EVERYTHING)
    record = train(task_of(asked), digits, store, CPU)
    assert {"train.nc1", "val.ood.norm.auroc", "test.ood.energy.fpr95"} <= record.metrics.keys()
    history = table(store, record, "history")
    for name in ("train.nc1", "val.nc4", "val.ood.norm.auroc"):
        assert not history.column(name).null_count, name
    assert set(table(store, record, "classes")["split"].to_pylist()) == {"train", "val", "test"}
    outside = table(store, record, "outside")
    assert set(outside["set"].to_pylist()) == {"shuffled"}
    assert len(outside.filter(pa.compute.equal(outside["split"], "test"))) == 360
    plain = train(task_of(CONFIG), digits, store, CPU)
    for name in ("train.loss", "val.error", "test.norm", "test.ece"):  # it changes no training
        assert record.metrics[name] == plain.metrics[name]


def test_what_is_off_is_filed_as_before_and_what_is_on_is_not():
    values = CONFIG.to_dict()
    del values["measure"]
    assert CONFIG.canonical_json() == TrialConfig.from_dict(values).canonical_json()
    assert '"measure"' not in CONFIG.canonical_json()
    names = {
        fingerprint(replace(CONFIG, measure=each), "hash")
        for each in (MeasureSettings(), MeasureSettings(train=True), EVERYTHING)
    }
    assert len(names) == 3


def test_members_of_a_stack_measure_what_they_would_alone(store, tmp_path, digits):
    configs = [replace(CONFIG, seed=seed, measure=EVERYTHING) for seed in (1, 2)]
    session = StackSession([task_of(each) for each in configs], digits, store, CPU)
    while not session.done:
        session.advance()
    for config, member in zip(configs, session.sessions, strict=True):
        together = member.record
        assert together is not None
        assert together.status == "completed", together.reason
        assert together.provenance["stacked"]["members"] == 2
        other = Store(tmp_path / "alone")
        alone = train(task_of(config), digits, other, CPU)
        reports = table(store, together, "history"), table(other, alone, "history")
        for name in ("val.nll", "val.nll.t", "val.nc1", "train.nc1", "val.ood.norm.auroc"):
            values = [each.column(name).to_numpy() for each in reports]
            assert values[0] == pytest.approx(values[1], rel=0.05, abs=0.05), name
        loss = [each.column("val.loss").to_numpy() for each in reports]
        nll = reports[0].column("val.nll").to_numpy()
        assert nll == pytest.approx(loss[0], rel=1e-5)  # of the weights as they were then


class Vectorless(Loss):
    """A loss that ranks by distances to class centres, and has no weights of classes."""

    def __init__(self) -> None:
        super().__init__()
        self.inner = ClassifierLoss(6, 10)

    def terms(self, features_BD: Tensor, labels_B: Tensor, step: int) -> LossOutput:
        return self.inner.terms(features_BD, labels_B, step)

    def scores(self, features_BD: Tensor) -> Tensor:
        return self.inner.scores(features_BD)


@pytest.mark.parametrize("tells", [False, True])
def test_a_loss_without_class_vectors_lacks_what_takes_them(monkeypatch, digits, tells):
    monkeypatch.setattr(SoftmaxSettings, "build", lambda *_: Vectorless())
    if tells:
        monkeypatch.setattr(
            Vectorless, "class_vectors", lambda self: self.inner.weight, raising=False
        )
    trainer = OpenTrainer(replace(CONFIG, reports=1), digits, CPU)
    trainer.advance()
    measured = measure_report(trainer)
    assert math.isfinite(measured.metrics["test.nc3"]) == tells
    assert measured.records["test"].has("target_cosine") == tells
    assert math.isfinite(measured.metrics["test.nc1"])


def test_a_measure_that_fails_leaves_the_trial_whole(monkeypatch, store, digits):
    def fail(_: object) -> float:
        raise RuntimeError("mine")

    monkeypatch.setattr(measures["fisher"], "compute", staticmethod(fail))
    record = train(task_of(CONFIG), digits, store, CPU)
    assert record.status == "completed"
    assert math.isnan(record.metrics["test.fisher"])
    assert record.provenance["unmeasured"]["test.fisher"] == "RuntimeError: mine"
    assert math.isfinite(record.metrics["test.separation"])


def test_many_classes_leave_no_means_and_no_weights():
    made = answers(0, images=2_000, classes=520, dimension=600).records()
    assert made.class_mean is not None
    assert made.class_mean.size > MOST_NUMBERS
    left = measured_tables({"test": made})["classes"]
    assert "class_mean" not in left.column_names
    assert "class_weight" not in left.column_names
    assert len(left) == len(made.class_mean)


def test_ranks_of_very_many_classes_have_four_bytes():
    label = np.zeros(3, np.int64)
    made = answers(0, images=3).records(label=label, rank=np.array([1, 2, 40_000]))
    assert sample_columns(made)["rank"].type == pa.int32()
    assert sample_columns(made)["nearest"].type == pa.int16()


def test_measuring_between_reports_makes_no_batch_norm_anew(monkeypatch, digits):
    """Averages of weights ask for a pass over an epoch: once a report, not for measures again."""
    made = []
    original = average.recompute_statistics
    monkeypatch.setattr(
        average, "recompute_statistics", lambda *given: (made.append(1), original(*given))
    )
    config = replace(CONFIG, average=AverageSettings(name="swa", start=0.1), reports=2)
    trainer = OpenTrainer(config, digits, CPU)
    while not trainer.finished:
        trainer.advance()
        with trainer.as_evaluated():
            assert measure_report(trainer).metrics
    assert len(made) == 2
