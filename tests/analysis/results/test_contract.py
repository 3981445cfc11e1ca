"""What really trained trials leave is what the vocabulary declares and what fixtures write.

Names of metrics, tables and columns are strings to whoever reads a store; a fixture that invents
one would let a figure of nothing pass its tests.
"""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
import torch
from study_factory import (
    BASE_CONFIG,
    StudyFactory,
    declared_metrics,
    drawn_classes,
    drawn_history,
    drawn_samples,
    drawn_weights,
    scored_pairs,
)
from tasks import task_of

from incay.trainables import metrics, names
from incay.trainables.config import COMPONENTS, TrialConfig
from incay.trainables.data.base import ImageData
from incay.trainables.data.digits import DigitsSettings
from incay.trainables.faces.verification import FaceVerification
from incay.trainables.incay.settings import IncaySettings
from incay.trainables.losses import losses
from incay.trainables.metrics import TRAIN
from incay.trainables.networks.mnist_2d import MNIST2DSettings
from incay.trainables.store.records import TrialRecord
from incay.trainables.store.trials import Store
from incay.trainables.training.settings import SplitSettings
from incay.trainables.worker.session import train

CLASSIFIES = {
    "hinge": "hinge",
    "sphereface2": "binary_cross_entropy",
    "etf": "dot_regression",
}
"""The term that classifies, by loss, where it is not cross entropy."""
FURTHER = {
    "center": {"train.center"},
    "magface": {"train.magnitude"},
    "maxsup": {"train.max_suppression"},
}
"""Further terms of a loss's own, by loss."""
WITHOUT = {"subcenter-arcface": {"nc2.weights", "nc3", "nc3.frame"}}
"""Measures that take class vectors, of losses without."""
DIMENSION = {"etf": 9}
"""Features, by loss, where two are too few for ten classes."""
CASES = [(loss, form) for loss in sorted(losses) for form in ("none", "reciprocal")]


@pytest.fixture(scope="module")
def digits() -> ImageData:
    return DigitsSettings().load(None)


def trained(store: Store, data: ImageData, loss: str, form: str) -> TrialRecord:
    """Train two steps with a report after each."""
    config = TrialConfig(
        network=MNIST2DSettings(width=0.1, dimension=DIMENSION.get(loss, 2)),
        loss=losses[loss](),
        incay=IncaySettings(form=form, weight=0.0 if form == "none" else 0.1),
        split=SplitSettings(validation=0.1, test="reports"),
        steps=2,
        batch_size=16,
        reports=2,
    )
    return train(task_of(config), data, store, torch.device("cpu"))


def schemas(store: Store, record: TrialRecord) -> dict[str, pa.Schema]:
    tables = {name: store.read_table(record, name) for name in record.files}
    return {name: table.schema for name, table in tables.items() if table is not None}


@pytest.mark.parametrize(("loss", "form"), CASES)
def test_a_trial_reports_what_the_vocabulary_declares(
    tmp_path: Path, digits: ImageData, loss: str, form: str
) -> None:
    store = Store(tmp_path)
    record = trained(store, digits, loss, form)
    assert record.status == "completed", record.reason
    measured = [*metrics.measured(metrics.VALIDATION), *metrics.measured(metrics.TEST)]
    lacking = {name for name in measured if metrics.word_of(name) in WITHOUT.get(loss, ())}
    assert lacking <= {name for name, value in record.metrics.items() if math.isnan(value)}
    expected = {
        *metrics.ABOUT_REPORTS,
        *(quantity.of(TRAIN) for quantity in metrics.TRAINED),
        f"{TRAIN}.{CLASSIFIES.get(loss, 'cross_entropy')}",
        *metrics.evaluated(metrics.VALIDATION),
        *metrics.evaluated(metrics.TEST),
        *(name for name in measured if ".ood." not in name),
        *([f"{TRAIN}.{metrics.INCAY_TERM}"] if form != "none" else []),
        *FURTHER.get(loss, ()),
    }
    assert record.metrics.keys() == expected - {metrics.STEP}
    assert set(schemas(store, record)["history.parquet"].names) == expected
    assert expected - FURTHER.get(loss, set()) <= declared_metrics()
    terms = {f"{TRAIN}.{term}" for term in metrics.CLASSIFICATION_TERMS}
    assert len(terms & expected) == 1


def test_fixtures_leave_the_tables_of_a_trial(
    tmp_path: Path, digits: ImageData, factory: StudyFactory
) -> None:
    store = Store(tmp_path)
    real = trained(store, digits, "softmax", "reciprocal")
    factory.arm("Softmax")
    fingerprint = factory.trial(
        "Softmax",
        0,
        history=drawn_history(0, 8.0, 200.0),
        samples=drawn_samples(0, 200.0, 0.1),
        classes=drawn_classes(0),
        weights=drawn_weights(0, 0.1),
    )
    made = schemas(factory.store, factory.record(fingerprint))
    expected = schemas(store, real)
    assert made.keys() == expected.keys()
    for name in ("samples.parquet", "classes.parquet", "weights.parquet"):
        assert made[name].equals(expected[name]), name
        assert (made[name].metadata or {}).keys() == (expected[name].metadata or {}).keys()
    history = made["history.parquet"]
    assert all(
        history.field(name) == expected["history.parquet"].field(name) for name in history.names
    )


def test_fixtures_have_the_record_and_settings_of_a_trial(
    tmp_path: Path, digits: ImageData, factory: StudyFactory
) -> None:
    real = trained(Store(tmp_path), digits, "softmax", "reciprocal")
    factory.arm("Softmax")
    made = factory.record(factory.trial("Softmax", 0, {"test.error": 8.0}))
    assert made.provenance.keys() <= real.provenance.keys()
    config = TrialConfig.from_dict(
        {
            **BASE_CONFIG,
            **{
                part: {registry.key: registry.named_in(BASE_CONFIG.get(part, {}))}
                for part, registry in COMPONENTS.items()
            },
        }
    )
    assert names.flatten(BASE_CONFIG).keys() <= names.flatten(config.to_dict()).keys()


def test_a_test_by_pairs_reports_what_the_vocabulary_declares() -> None:
    random = np.random.default_rng(0)
    fold = np.repeat(np.arange(4), 5)
    index = np.arange(20)
    pairs = FaceVerification(
        images=random.integers(0, 255, (40, 1, 2, 2), dtype=np.uint8),
        first=index,
        second=index + 20,
        same=index % 2 == 0,
        fold=fold,
    )
    result = pairs.evaluate(lambda images: random.normal(size=(len(images), 3)).astype(np.float32))
    assert list(result.metrics()) == [quantity.name for quantity in metrics.VERIFIED]
    made = scored_pairs(random.normal(size=20), index % 2 == 0)
    real = result.tables()
    assert made.keys() == real.keys()
    assert made["pairs"].schema == real["pairs"].schema


def test_a_metric_that_no_trial_reports_is_refused(factory: StudyFactory) -> None:
    factory.arm("Softmax")
    with pytest.raises(AssertionError, match=r"no trial reports train\.softmax"):
        factory.trial("Softmax", 0, {"train.softmax": 1.0})
