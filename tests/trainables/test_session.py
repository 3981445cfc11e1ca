"""A trial with its records: endings, checkpoints and what a crash costs."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import torch

from trainables import session as module
from trainables.config import TrialConfig
from trainables.data.base import ImageData
from trainables.data.digits import DigitsSettings
from trainables.incay.term import IncaySettings
from trainables.networks.mnist_2d import MNIST2DSettings
from trainables.session import TrialSession, TrialTask, train
from trainables.store import Store
from trainables.training.settings import OptimizerSettings, SplitSettings

CPU = torch.device("cpu")
CONFIG = TrialConfig(
    network=MNIST2DSettings(width=0.3),
    optimizer=OptimizerSettings(lr=0.01),
    split=SplitSettings(test="final"),
    steps=20,
    batch_size=32,
    reports=4,
)
TASK = TrialTask("ab12", CONFIG, "hash")


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
    assert store.read_checkpoint("ab12") is None
    assert store.read_progress("ab12") is None


def test_diverged_trial_is_a_record_with_its_step(store, digits):
    config = replace(CONFIG, incay=IncaySettings(form="linear", weight=1e6))
    record = train(TrialTask("ab12", config, "hash"), digits, store, CPU)
    assert record.status == "diverged"
    assert record.step < 20
    assert "not finite at step" in record.reason
    assert record.is_final


def test_failed_trial_is_a_record_with_its_error_and_not_a_result(store, digits, monkeypatch):
    def broken(*_: object) -> None:
        raise RuntimeError("out of luck")

    monkeypatch.setattr("trainables.training.trainer.reduce_terms", broken)
    record = train(TASK, digits, store, CPU)
    assert record.status == "failed"
    assert "out of luck" in record.reason
    assert not record.is_final


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
    attempts = second.record.provenance["attempts"]
    assert [attempt["from_step"] for attempt in attempts] == [0, 10]


def test_damaged_checkpoint_costs_its_work_only_and_is_told(store, digits):
    first = TrialSession(TASK, digits, store, CPU)
    first.advance()
    first.leave()
    path = Path(store.root) / "trials/ab/ab12/checkpoint.pt"
    path.write_bytes(path.read_bytes()[:-7])
    second = TrialSession(TASK, digits, store, CPU)
    assert second.step == 0
    while second.record is None:
        second.advance()
    assert second.record.status == "completed"
    assert "checkpoint.pt" in second.record.provenance["attempts"][0]["discarded"]


def test_checkpoints_are_kept_at_the_interval(store, digits, monkeypatch):
    monkeypatch.setattr(module, "CHECKPOINT_SECONDS", 0.0)
    session = TrialSession(TASK, digits, store, CPU)
    session.advance()
    assert store.read_checkpoint("ab12") is not None
    progress = store.read_progress("ab12")
    assert progress is not None
    assert progress["step"] == 5


def test_leaving_an_ended_trial_keeps_nothing(store, digits):
    session = TrialSession(TASK, digits, store, CPU)
    while session.record is None:
        session.advance()
    session.leave()
    assert store.read_checkpoint("ab12") is None
