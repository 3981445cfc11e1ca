"""Trials that train in one process: each ends as it would alone, and is recorded as its own."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from tasks import task_of

from incay.trainables.config import TrialConfig
from incay.trainables.data.base import ImageData
from incay.trainables.data.digits import DigitsSettings
from incay.trainables.incay.settings import IncaySettings
from incay.trainables.networks.mnist_2d import MNIST2DSettings
from incay.trainables.optimizers.sgd import SGDSettings
from incay.trainables.stacking import stack as stacked
from incay.trainables.store.endings import Ending
from incay.trainables.store.records import TrialRecord
from incay.trainables.store.trials import Store
from incay.trainables.training.settings import SplitSettings
from incay.trainables.worker.ending import end_trial
from incay.trainables.worker.session import TrialSession, train
from incay.trainables.worker.stack_session import StackSession
from incay.trainables.worker.task import TrialTask

CPU = torch.device("cpu")
CONFIG = TrialConfig(
    network=MNIST2DSettings(width=0.3, dimension=4),
    split=SplitSettings(validation=0.2, test="final"),
    steps=20,
    batch_size=32,
    reports=4,
    precision="fp32",
)


def tasks(count: int, base: TrialConfig = CONFIG) -> list[TrialTask]:
    """Return trials that differ in seed, learning rate, weight decay and, where it is, λ."""
    return [
        task_of(
            replace(
                base,
                seed=index // 2,
                optimizer=SGDSettings(lr=0.005 * (1 + index), weight_decay=1e-4 * index),
                incay=replace(base.incay, weight=base.incay.weight * (1 + index)),
            )
        )
        for index in range(count)
    ]


NAMES = [task.fingerprint for task in tasks(3)]


@pytest.fixture(scope="module")
def digits() -> ImageData:
    return DigitsSettings().load(None)


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "stacked")


@pytest.fixture
def alone(tmp_path: Path, digits: ImageData) -> Callable[[TrialTask], TrialRecord]:
    return lambda task: train(task, digits, Store(tmp_path / "alone"), CPU)


def trained(
    trials: Sequence[TrialTask], digits: ImageData, store: Store, **options: bool
) -> list[TrialRecord]:
    stack = StackSession(trials, digits, store, CPU, **options)
    while not stack.done:
        stack.advance()
    return recorded(trials, store)


def recorded(trials: Sequence[TrialTask], store: Store) -> list[TrialRecord]:
    found = [store.read_record(task.fingerprint) for task in trials]
    return [record for record in found if record is not None]


def assert_like(record: TrialRecord, expected: TrialRecord) -> None:
    """Hold that a trial ended where training alone ends, within rounding that has grown."""
    assert (record.status, record.step) == (expected.status, expected.step)
    assert (record.fingerprint, record.config) == (expected.fingerprint, expected.config)
    assert record.code_version == expected.code_version
    assert record.files.keys() == expected.files.keys()
    assert record.metrics.keys() == expected.metrics.keys()
    for name, value in expected.metrics.items():
        if name != "images_per_second":
            slack = 2.0 if name.endswith("error") else 1e-6
            expected_value = pytest.approx(value, rel=0.05, abs=slack, nan_ok=True)
            assert record.metrics[name] == expected_value, name


@pytest.mark.parametrize("incay", [IncaySettings(), IncaySettings(form="reciprocal", weight=0.02)])
def test_every_trial_ends_as_it_does_alone(incay, store, digits, alone):
    trials = tasks(3, replace(CONFIG, incay=incay))
    started = time.monotonic()
    records = trained(trials, digits, store)
    elapsed = time.monotonic() - started
    for task, record in zip(trials, records, strict=True):
        assert_like(record, alone(task))
        stacked = record.provenance["stacked"]
        assert (stacked["members"], stacked["alone_because"]) == (3, "")
        assert len(stacked["version"]) == 16
        history = store.read_table(record, "history.parquet")
        assert history.column("step").to_pylist() == [5, 10, 15, 20]
        assert store.checkpoints.read(task.fingerprint) is None
    # The time is divided among them: together they took what has passed.
    assert 0.5 * elapsed < sum(record.provenance["seconds"] for record in records) <= elapsed


def test_who_diverges_ends_and_nobody_else(store, digits, alone):
    trials = tasks(3)
    wild = replace(trials[1].config, optimizer=SGDSettings(lr=1e30))
    trials[1] = task_of(wild)
    stack = StackSession(trials, digits, store, CPU)
    assert [report.status for report in stack.advance()] == ["running", "diverged", "running"]
    assert [report.fingerprint for report in stack.advance()] == [NAMES[0], NAMES[2]]
    while not stack.done:
        stack.advance()
    first, diverged, last = recorded(trials, store)
    assert diverged.reason == alone(trials[1]).reason
    assert diverged.step == alone(trials[1]).step
    assert_like(first, alone(trials[0]))
    assert_like(last, alone(trials[2]))


def test_who_is_pruned_is_trained_no_further(store, digits, alone):
    trials = tasks(3)
    stack = StackSession(trials, digits, store, CPU, withdrawable=True)
    stack.advance()
    end_trial(store, NAMES[1], store.read_progress(NAMES[1]), Ending.PRUNED, "hopeless")
    assert [report.fingerprint for report in stack.advance()] == [NAMES[0], NAMES[2]]
    while not stack.done:
        stack.advance()
    stack.leave()
    first, pruned, last = recorded(trials, store)
    assert (pruned.status, pruned.step, pruned.reason) == ("pruned", 5, "hopeless")
    assert pruned.provenance["stacked"]["members"] == 3
    assert store.checkpoints.read(NAMES[1]) is None
    assert_like(first, alone(trials[0]))
    assert_like(last, alone(trials[2]))


def test_whom_another_study_pruned_before_is_trained_on(store, digits, alone):
    trials = tasks(2)
    session = TrialSession(trials[0], digits, store, CPU)
    session.advance()
    end_trial(store, NAMES[0], store.read_progress(NAMES[0]), Ending.PRUNED, "hopeless there")
    for task, record in zip(trials, trained(trials, digits, store, withdrawable=True), strict=True):
        assert_like(record, alone(task))


def test_those_who_come_back_from_different_steps_join(store, digits, alone):
    """One had got further, one had trained by itself, one lost its checkpoint, one is new."""
    trials = tasks(4)
    stack = StackSession(trials[:3], digits, store, CPU)
    stack.advance()
    stack.leave()
    lone = TrialSession(trials[0], digits, store, CPU)
    lone.advance()
    lone.leave()
    path = Path(store.root) / f"trials/{NAMES[2][:2]}/{NAMES[2]}/checkpoint.pt"
    path.write_bytes(path.read_bytes()[:-7])
    stack = StackSession(trials, digits, store, CPU)
    steps = []
    while not stack.done:
        steps.append([report.step for report in stack.advance()])
    assert steps[0] == [10, 5, 5, 5]
    assert steps[1:] == [[10] * 4, [15] * 4, [20] * 4]
    records = recorded(trials, store)
    for task, record in zip(trials, records, strict=True):
        assert_like(record, alone(task))
    assert [record.provenance["stacked"]["members"] for record in records] == [4] * 4
    assert "checkpoint.pt" in records[2].provenance["attempts"][0]["discarded"]


def test_a_trial_of_a_stack_goes_on_alone_and_says_so(store, digits, alone):
    trials = tasks(2)
    stack = StackSession(trials, digits, store, CPU)
    stack.advance()
    stack.leave()
    record = train(trials[1], digits, store, CPU)
    assert_like(record, alone(trials[1]))
    assert record.provenance["stacked"]["members"] == 2
    assert [attempt["from_step"] for attempt in record.provenance["attempts"]] == [0, 5]


def test_where_the_gate_closes_trials_train_one_by_one(store, digits, alone, monkeypatch):
    monkeypatch.setattr(stacked, "rehearse", lambda *_: "they leak")
    trials = tasks(2)
    for task, record in zip(trials, trained(trials, digits, store), strict=True):
        expected = alone(task)
        drop = "images_per_second"
        assert {**record.metrics, drop: 0.0} == pytest.approx(
            {**expected.metrics, drop: 0.0}, rel=0, abs=0, nan_ok=True
        )
        told = record.provenance["stacked"]
        assert (told["members"], told["alone_because"]) == (1, "they leak")


def test_one_told_to_train_alone_does(store, digits, alone):
    (task,) = tasks(1)
    stack = StackSession([task], digits, store, CPU, alone_because="it is shy")
    while not stack.done:
        stack.advance()
    (record,) = recorded([task], store)
    assert_like(record, alone(task))
    assert record.provenance["stacked"]["alone_because"] == "it is shy"


def test_who_cannot_be_built_fails_and_nobody_else(store, digits, alone, monkeypatch):
    trials = tasks(3)
    build = MNIST2DSettings.build
    built = []

    def failing(settings, *arguments):
        built.append(settings)
        if len(built) == 2:
            raise RuntimeError("out of luck")
        return build(settings, *arguments)

    with monkeypatch.context() as patch:
        patch.setattr(MNIST2DSettings, "build", failing)
        stack = StackSession(trials, digits, store, CPU)
        assert [report.status for report in stack.advance()] == ["running", "failed", "running"]
    while not stack.done:
        stack.advance()
    first, failed, last = recorded(trials, store)
    assert "out of luck" in failed.reason
    assert first.provenance["stacked"]["members"] == last.provenance["stacked"]["members"] == 2
    assert_like(first, alone(trials[0]))


def test_every_batch_is_a_sign_of_life_and_the_rehearsal_gives_some(store, digits, monkeypatch):
    beats: list[float] = []
    stack = StackSession(tasks(2), digits, store, CPU, lambda: beats.append(time.monotonic()))
    rehearsed = []
    rehearse = stacked.rehearse

    def watched(*arguments):
        before = len(beats)
        reason = rehearse(*arguments)
        rehearsed.append(len(beats) - before)
        return reason

    monkeypatch.setattr("incay.trainables.stacking.gate._known", {})
    monkeypatch.setattr(stacked, "rehearse", watched)
    stack.advance()
    (heard,) = rehearsed
    assert heard >= 4
    before = len(beats)
    stack.advance()
    assert len(beats) - before >= 5
