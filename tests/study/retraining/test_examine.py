"""A recorded trial is trained again: the same bits, the same within rounding, or found out."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch

from incay.analysis.results.study import Trial
from incay.study.planning.data_catalog import DataCatalog
from incay.study.retraining.verdicts import Finding, Verdict, examine
from incay.trainables.config import TrialConfig
from incay.trainables.data.digits import DigitsSettings
from incay.trainables.fingerprint import fingerprint
from incay.trainables.networks.mnist_2d import MNIST2DSettings
from incay.trainables.optimizers.sgd import SGDSettings
from incay.trainables.store.endings import Ending
from incay.trainables.store.naming import fingerprint_of
from incay.trainables.store.records import TrialRecord
from incay.trainables.store.trials import Store
from incay.trainables.training.settings import SplitSettings
from incay.trainables.worker.ending import end_trial
from incay.trainables.worker.session import TrialSession, train
from incay.trainables.worker.stack_session import StackSession
from incay.trainables.worker.task import TrialTask

CPU = torch.device("cpu")
DIGITS = DigitsSettings().load(None)
DATA = DataCatalog(None)
CONFIG = TrialConfig(
    network=MNIST2DSettings(width=0.2, dimension=2),
    optimizer=SGDSettings(lr=0.01),
    split=SplitSettings(validation=0.0, test="final"),
    steps=24,
    batch_size=32,
    reports=3,
)
SEARCHED = replace(CONFIG, split=SplitSettings(validation=0.2, seed=1, test="sealed"))


def task(config: TrialConfig = CONFIG, *, keep: bool = False) -> TrialTask:
    content = DATA.hash_for(config)
    return TrialTask(fingerprint(config, content), config, content, keep)


def found(store: Store, record: TrialRecord) -> Finding:
    """Examine what the store says of a trial, as a reader of it does."""
    read = store.read_record(record.fingerprint)
    trial = Trial(arm="A", phase="confirm", number=0, fingerprint=record.fingerprint, record=read)
    before = listing(store)
    finding = examine(trial, store, DATA, lambda _: None)
    assert listing(store) == before  # nothing is written where the record lies
    return finding


def listing(store: Store) -> dict[str, str]:
    assert store.local_root is not None
    files = (path for path in store.local_root.rglob("*") if path.is_file())
    return {str(path): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def rewritten(
    store: Store,
    record: TrialRecord,
    change: Callable[[dict[str, Any]], Mapping[str, Any]],
    **changes: Any,
) -> TrialRecord:
    """Write a record anew by the project's own code, checksums and all, as a forger would.

    Args:
        store: Where.
        record: What is recorded.
        change: Takes the last report and returns another.
        changes: Other fields of the record.
    """
    history = store.history(record)
    history = [*history[:-1], dict(change(dict(history[-1])))] if history else []
    last = history[-1] if history else {}
    metrics = {name: last[name] for name in record.metrics if name in last}
    tables = {
        name.removesuffix(".parquet"): store.read_table(record, name)
        for name in record.files
        if name != "history.parquet"
    }
    forged = replace(record, **{"metrics": metrics, **changes})
    return store.write_record(forged, history, tables)  # type: ignore[arg-type]


def better(by: float) -> Callable[[dict[str, Any]], Mapping[str, Any]]:
    return lambda last: {**last, "test.error": last["test.error"] - by}


def without(last: Mapping[str, Any], name: str) -> dict[str, Any]:
    return {key: value for key, value in last.items() if key != name}


def elsewhere(record: TrialRecord) -> dict[str, Any]:
    return {**record.provenance, "device": "another processor"}


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "results")


@pytest.mark.parametrize("config", [CONFIG, SEARCHED], ids=["confirmed", "searched"])
def test_a_trial_trained_again_is_the_same_bit_for_bit(store, config):
    record = train(task(config, keep=True), DIGITS, store, CPU)
    assert record.status == "completed"
    assert found(store, record) == Finding(Verdict.EQUAL)


def test_threads_are_those_of_the_record_and_put_back(store):
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    try:
        record = train(task(), DIGITS, store, CPU)
        torch.set_num_threads(1)
        assert found(store, record).verdict is Verdict.EQUAL
        assert torch.get_num_threads() == 1
    finally:
        torch.set_num_threads(before)


def test_a_forged_metric_is_found_though_all_checksums_are_made_again(store):
    record = train(task(), DIGITS, store, CPU)
    error = record.metrics["test.error"]
    forged = rewritten(store, record, better(0.5))
    finding = found(store, forged)
    assert finding.verdict is Verdict.DIFFERENT
    assert f"test.error is {error - 0.5!r} in the record, {error!r} here" in finding.lines


@pytest.mark.parametrize(
    ("forge", "said"),
    [
        (lambda last: {**last, "train.loss": last["train.loss"] * (1 + 1e-15)}, "train.loss"),
        (lambda last: without(last, "test.norm_wrong"), "test.norm_wrong"),
        (lambda last: {**last, "test.accuracy": 100.0}, "test.accuracy"),
    ],
    ids=["last bit", "left out", "made up"],
)
def test_each_number_of_a_report_counts(forge, said, store):
    forged = rewritten(store, train(task(), DIGITS, store, CPU), forge)
    finding = found(store, forged)
    assert finding.verdict is Verdict.DIFFERENT
    assert any(said in line for line in finding.lines)


def test_a_metric_that_its_own_last_report_contradicts_needs_no_training(store, monkeypatch):
    record = train(task(), DIGITS, store, CPU)
    forged = rewritten(store, record, dict, metrics={**record.metrics, "test.error": 0.0})
    monkeypatch.setattr("incay.study.retraining.verdicts.trained_again", None)
    finding = found(store, forged)
    assert finding.verdict is Verdict.DIFFERENT
    assert finding.lines[0].startswith("test.error is 0.0, and ")


def test_a_forged_table_is_found(store):
    record = train(task(), DIGITS, store, CPU)
    samples = store.read_table(record, "samples.parquet")
    assert samples is not None
    right = samples.set_column(1, "prediction", samples["label"])
    forged = store.write_record(record, store.history(record), {"samples": right})
    finding = found(store, forged)
    assert finding.verdict is Verdict.DIFFERENT
    assert finding.lines[0].startswith("samples: prediction differs in ")


def test_an_exchanged_network_is_found(store):
    record = train(task(keep=True), DIGITS, store, CPU)
    other = train(task(replace(CONFIG, seed=1), keep=True), DIGITS, store, CPU)
    content = store.models.read(other.fingerprint)
    assert content is not None
    store.models.write(record.fingerprint, content)
    finding = found(store, record)
    assert finding.verdict is Verdict.DIFFERENT
    assert "kept network" in finding.lines[0]


def test_a_diverged_trial_diverges_again_at_the_same_step(store):
    config = replace(CONFIG, optimizer=SGDSettings(lr=1e6))
    record = train(task(config), DIGITS, store, CPU)
    assert record.status == "diverged"
    assert found(store, record).verdict is Verdict.EQUAL
    forged = rewritten(store, record, dict, step=record.step + 1, metrics=record.metrics)
    finding = found(store, forged)
    assert finding.verdict is Verdict.DIFFERENT
    assert f"diverged at step {record.step + 1:,}, and is diverged at step" in finding.lines[0]


def test_a_result_that_is_passed_off_as_diverged_is_found(store):
    record = train(task(), DIGITS, store, CPU)
    forged = rewritten(store, record, dict, status=Ending.DIVERGED, reason="the objective …")
    assert found(store, forged).verdict is Verdict.DIFFERENT


@pytest.fixture
def pruned(store: Store) -> TrialRecord:
    """The record of a trial whose driver ended it at its second report."""
    own = task(SEARCHED)
    session = TrialSession(own, DIGITS, store, CPU)
    session.advance()
    session.advance()
    progress = store.read_progress(own.fingerprint)
    assert progress is not None
    return end_trial(store, own.fingerprint, progress, Ending.PRUNED, "pruned after 16 steps")


def test_a_pruned_trial_is_compared_up_to_where_it_was_pruned(store, pruned):
    assert pruned.step == 16
    assert found(store, pruned).verdict is Verdict.EQUAL
    forged = rewritten(store, pruned, lambda last: {**last, "val.error": 0.0})
    finding = found(store, forged)
    assert finding.verdict is Verdict.DIFFERENT
    assert finding.lines[0].startswith("val.error is 0.0 in the record")


@pytest.mark.parametrize("step", [0, 15, 24, 1_000])
def test_a_pruned_trial_s_step_is_one_of_its_reports(step, store, pruned):
    forged = rewritten(store, pruned, dict, step=step)
    assert found(store, forged).verdict is Verdict.DIFFERENT


def test_a_stack_is_compared_within_rounding(store):
    tasks = [task(replace(CONFIG, seed=seed)) for seed in (0, 1)]
    session = StackSession(tasks, DIGITS, store, CPU)
    while not session.done:
        session.advance()
    for member in session.sessions:
        assert member.record is not None
        assert member.record.provenance["stacked"]["members"] == 2
        assert found(store, member.record).verdict.is_good
        forged = rewritten(store, member.record, better(15.0))
        finding = found(store, forged)
        assert finding.verdict is Verdict.DIFFERENT
        assert finding.lines[0].startswith("test.error is ")
        assert finding.lines[-1] == "although it trained in a stack of 2, here alone"


def test_elsewhere_a_small_difference_is_rounding_and_the_bound_is_said(store):
    record = train(task(), DIGITS, store, CPU)
    near = rewritten(store, record, better(0.3), provenance=elsewhere(record))
    finding = found(store, near)
    assert finding.verdict is Verdict.ROUNDED
    assert finding.lines[0].startswith("device: another processor then, ")
    error = record.metrics["test.error"]
    told = f"test.error is {error - 0.3:.4g} in the record, {error:.4g} here, and may be "
    assert any(line.startswith(told) for line in finding.lines)


@pytest.mark.parametrize(
    "forge",
    [
        better(20.0),
        lambda last: {**last, "test.norm": 2.0 * last["test.norm"]},
        lambda last: without(last, "test.loss"),
    ],
    ids=["error", "norm", "left out"],
)
def test_elsewhere_a_large_difference_is_none_of_rounding(forge, store):
    record = train(task(), DIGITS, store, CPU)
    far = rewritten(store, record, forge, provenance=elsewhere(record))
    finding = found(store, far)
    assert finding.verdict is Verdict.DIFFERENT
    assert finding.lines[-1].startswith("although device: ")


def test_where_bits_are_the_same_it_does_not_matter_where_they_come_from(store):
    record = train(task(), DIGITS, store, CPU)
    same = rewritten(store, record, dict, provenance=elsewhere(record))
    assert found(store, same).verdict is Verdict.EQUAL


def test_other_code_or_data_cannot_be_compared(store):
    record = train(task(), DIGITS, store, CPU)
    for changed, said in (
        ({"code_version": "0" * 16}, "other code has trained it: 0000000000000000"),
        ({"data_hash": "0" * 64}, "it was trained on other data: 000000000000 then"),
    ):
        other = replace(record, **changed)
        name = fingerprint_of(other.config, other.data_hash, other.code_version)
        other = rewritten(store, record, dict, fingerprint=name, **changed)
        finding = found(store, other)
        assert finding.verdict is Verdict.UNCOMPARED
        assert finding.lines[0].startswith(said)


def test_what_fails_here_says_nothing_against_the_record(store, monkeypatch):
    record = train(task(), DIGITS, store, CPU)

    def fail(*_: object) -> None:
        raise MemoryError("no room")

    monkeypatch.setattr("incay.trainables.training.trainer.Trainer.advance", fail)
    finding = found(store, record)
    assert finding.verdict is Verdict.UNCOMPARED
    assert finding.lines == ("it cannot be trained here: MemoryError: no room",)
