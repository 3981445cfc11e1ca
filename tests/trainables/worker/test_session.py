"""A trial with its records: endings, checkpoints and what a crash costs."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from tasks import task_of

from incay.trainables.config import TrialConfig
from incay.trainables.data.base import ImageData
from incay.trainables.data.digits import DigitsSettings
from incay.trainables.incay.settings import IncaySettings
from incay.trainables.networks.mnist_2d import MNIST2DSettings
from incay.trainables.optimizers.sgd import SGDSettings
from incay.trainables.store.endings import Ending
from incay.trainables.store.trials import Store
from incay.trainables.training.settings import SplitSettings
from incay.trainables.training.trainer import Trainer
from incay.trainables.worker.ending import end_trial
from incay.trainables.worker.session import TrialSession, train
from incay.trainables.worker.weights import weight_histograms

CPU = torch.device("cpu")
CONFIG = TrialConfig(
    network=MNIST2DSettings(width=0.3),
    optimizer=SGDSettings(lr=0.01),
    split=SplitSettings(test="final"),
    steps=20,
    batch_size=32,
    reports=4,
)
TASK = task_of(CONFIG)
NAME = TASK.fingerprint


@pytest.fixture(scope="module")
def digits() -> ImageData:
    return DigitsSettings().load(None)


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path)


def test_completed_trial_leaves_record_history_and_samples_and_no_checkpoint(store, digits):
    record = train(TASK, digits, store, CPU)
    assert (record.status, record.step) == ("completed", 20)
    assert record.metrics["test.error"] >= 0.0
    assert record.provenance["seconds"] > 0.0
    assert record.provenance["versions"]["torch"] == torch.__version__.split("+")[0]
    history = store.read_table(record, "history.parquet")
    assert history.column("step").to_pylist() == [5, 10, 15, 20]
    samples = store.read_table(record, "samples.parquet")
    assert samples.num_rows == 360
    assert "feature_1" in samples.column_names
    assert store.checkpoints.read(NAME) is None
    assert store.read_progress(NAME) is None


def test_completed_trial_leaves_its_weights_distribution_before_and_after(store, digits):
    record = train(TASK, digits, store, CPU)
    rows = store.read_table(record, "weights.parquet").to_pylist()
    layers = list(dict.fromkeys(row["layer"] for row in rows))
    assert layers == ["conv0", "conv1", "features", "classifier"]
    fresh = Trainer(CONFIG, digits, CPU)
    weights = {
        "conv0": fresh.network.trunk.conv0.weight,
        "features": fresh.network.head.linear.weight,
        "classifier": fresh.loss.weight,
    }
    for layer, weight in weights.items():
        bins = [row for row in rows if (row["layer"], row["moment"]) == (layer, "initial")]
        counts, edges = np.histogram(weight.detach().numpy(), len(bins))
        assert sum(row["count"] for row in bins) == weight.numel()
        assert [row["count"] for row in bins] == pytest.approx(list(counts), abs=2)
        assert [row["low"] for row in bins] == pytest.approx(list(edges[:-1]), abs=1e-6)
    ends = [[row["high"] for row in rows if row["moment"] == m] for m in ("initial", "final")]
    assert ends[0] != ends[1]


def test_sealed_trial_keeps_no_weights(store, digits):
    config = replace(CONFIG, split=SplitSettings(validation=0.2, test="sealed"))
    record = train(task_of(config), digits, store, CPU)
    assert "samples.parquet" in record.files
    assert "weights.parquet" not in record.files


def test_weights_that_are_equal_or_not_finite_are_counted_as_such():
    network, loss = torch.nn.Linear(4, 3), torch.nn.Linear(4, 2)
    torch.nn.init.zeros_(network.weight)
    torch.nn.init.constant_(loss.weight, math.nan)
    rows = weight_histograms(network, loss, "final").to_pylist()
    assert {row["layer"] for row in rows} == {"weight"}
    assert sum(row["count"] for row in rows) == 12
    assert (rows[0]["low"], rows[-1]["high"]) == (-0.5, 0.5)


def test_diverged_trial_is_a_record_with_its_step(store, digits):
    config = replace(CONFIG, incay=IncaySettings(form="linear", weight=1e6))
    record = train(task_of(config), digits, store, CPU)
    assert record.status == "diverged"
    assert record.step < 20
    assert "not finite at step" in record.reason
    assert record.is_final


def test_failed_trial_is_a_record_with_its_error_and_not_a_result(store, digits, monkeypatch):
    def broken(*_: object) -> None:
        raise RuntimeError("out of luck")

    monkeypatch.setattr("incay.trainables.training.gradients.reduce_terms", broken)
    record = train(TASK, digits, store, CPU)
    assert record.status == "failed"
    assert "out of luck" in record.reason
    assert not record.is_final


def test_half_a_character_in_an_error_does_not_cost_its_record(store, digits, monkeypatch):
    def broken(*_: object) -> None:
        raise RuntimeError("x \ud800 y")

    monkeypatch.setattr("incay.trainables.training.gradients.reduce_terms", broken)
    train(TASK, digits, store, CPU)
    record = Store(store.root).read_record(TASK.fingerprint)
    assert record.status == "failed"
    assert r"RuntimeError: x \ud800 y" in record.reason


def test_left_trial_goes_on_from_its_checkpoint_and_ends_the_same(store, digits, tmp_path):
    whole = train(TASK, digits, Store(tmp_path / "other"), CPU)
    first = TrialSession(TASK, digits, store, CPU)
    first.advance()
    first.advance()
    first.leave()
    second = TrialSession(TASK, digits, store, CPU)
    while second.record is None:
        second.advance()
    drop = "images_per_second"
    assert {k: v for k, v in second.record.metrics.items() if k != drop} == pytest.approx(
        {k: v for k, v in whole.metrics.items() if k != drop}, rel=0, abs=0, nan_ok=True
    )
    of_whole = Store(tmp_path / "other").read_table(whole, "weights.parquet")
    assert store.read_table(second.record, "weights.parquet").equals(of_whole)
    attempts = second.record.provenance["attempts"]
    assert [attempt["from_step"] for attempt in attempts] == [0, 10]


def test_damaged_checkpoint_costs_its_work_only_and_is_told(store, digits):
    first = TrialSession(TASK, digits, store, CPU)
    first.advance()
    first.leave()
    path = Path(store.root) / f"trials/{NAME[:2]}/{NAME}/checkpoint.pt"
    path.write_bytes(path.read_bytes()[:-7])
    second = TrialSession(TASK, digits, store, CPU)
    assert second.step == 0
    while second.record is None:
        second.advance()
    assert second.record.status == "completed"
    assert "checkpoint.pt" in second.record.provenance["attempts"][0]["discarded"]


def test_checkpoints_are_kept_at_the_interval(store, digits, monkeypatch):
    monkeypatch.setenv("INCAY_CHECKPOINT_SECONDS", "0")
    session = TrialSession(TASK, digits, store, CPU)
    session.advance()
    assert store.checkpoints.read(NAME) is not None
    progress = store.read_progress(NAME)
    assert progress is not None
    assert progress.step == 5


def test_what_another_study_pruned_before_keeps_its_checkpoint(store, digits):
    TrialSession(TASK, digits, store, CPU).advance()
    end_trial(store, NAME, store.read_progress(NAME), Ending.PRUNED, "hopeless there")
    session = TrialSession(TASK, digits, store, CPU)
    session.advance()
    session.leave()
    assert store.checkpoints.exists(NAME)
    end_trial(store, NAME, store.read_progress(NAME), Ending.PRUNED, "hopeless here")
    session.leave()
    assert not store.checkpoints.exists(NAME)


def test_leaving_an_ended_trial_keeps_nothing(store, digits):
    session = TrialSession(TASK, digits, store, CPU)
    while session.record is None:
        session.advance()
    session.leave()
    assert store.checkpoints.read(NAME) is None
