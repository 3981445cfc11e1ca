"""Early stopping: a trial ends by its own rule, and keeps the weights of its best report."""

from __future__ import annotations

import io
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from tasks import task_of

from incay.trainables.averaging import AverageSettings
from incay.trainables.conformance.small_trials import small_config, small_data
from incay.trainables.fingerprint import code_files
from incay.trainables.optimizers.sgd import SGDSettings
from incay.trainables.stacking.key import must_train_alone
from incay.trainables.store.endings import Ending
from incay.trainables.store.trials import Store
from incay.trainables.training.early_stopping import EarlyStopping, EarlyStoppingSettings
from incay.trainables.training.settings import SplitSettings
from incay.trainables.training.trainer import Trainer
from incay.trainables.worker.model import load_model
from incay.trainables.worker.session import train

torch.set_num_threads(1)
CPU = torch.device("cpu")
RULE = EarlyStoppingSettings(metric="val.loss", patience=2)
# Of noise nothing is learnt: its validation loss rises soon.
STOPS = small_config(
    optimizer=SGDSettings(lr=0.05),
    steps=60,
    reports=30,
    split=SplitSettings(validation=0.3, test="final"),
    early_stopping=RULE,
)


def trained(config) -> Trainer:
    trainer = Trainer(config, small_data(), CPU)
    while not trainer.finished:
        trainer.advance()
    return trainer


@pytest.mark.parametrize(
    ("values", "min_delta", "over_after", "best_step"),
    [
        ([5.0, 4.0, 4.5, 4.2], 0.0, 4, 2),
        ([5.0, 4.0, 4.0, 4.0], 0.0, 4, 2),
        ([5.0, 4.9, 4.8, 3.0], 0.5, 3, 1),
        ([5.0, 5.1, 4.0, 4.1, 4.1], 0.0, 5, 3),
        ([5.0, 4.0, 3.0, 2.0], 0.0, None, 4),
    ],
)
def test_it_waits_for_so_many_reports(values, min_delta, over_after, best_step) -> None:
    rule = EarlyStopping(replace(RULE, min_delta=min_delta))
    module = torch.nn.Linear(1, 1, bias=False)
    ended = None
    for step, value in enumerate(values, start=1):
        torch.nn.init.constant_(module.weight, step)
        rule.see(step, {"val.loss": value}, module)
        if rule.over:
            ended = step
            break
    assert ended == over_after
    rule.restore(len(values), module)
    assert module.weight.item() == best_step


def test_a_trial_stops_with_the_weights_of_its_best_report() -> None:
    stopped, whole = trained(STOPS), trained(replace(STOPS, early_stopping=EarlyStoppingSettings()))
    assert 2 < stopped.step < 60
    losses = [row["val.loss"] for row in whole.history[: len(stopped.history)]]
    best = losses.index(min(losses))
    assert best == len(losses) - 1 - 2, "two reports were no better"
    assert stopped.history[-1]["val.loss"] == losses[best], "the report tells of what is kept"
    assert [row["val.loss"] for row in stopped.history[:-1]] == losses[:-1]
    assert stopped.history[-1]["step"] == stopped.step
    ends_there = trained(replace(STOPS, steps=60, early_stopping=EarlyStoppingSettings()))
    assert ends_there.step == 60
    best_step = int(stopped.history[best]["step"])
    plain = Trainer(replace(STOPS, early_stopping=EarlyStoppingSettings()), small_data(), CPU)
    while plain.step < best_step:
        plain.advance()
    for name, value in plain.network.state_dict().items():
        assert torch.equal(value, stopped.network.state_dict()[name]), name


def test_the_best_report_is_kept_where_the_last_step_is_reached() -> None:
    patient = trained(replace(STOPS, early_stopping=replace(RULE, patience=30)))
    assert patient.step == 60
    assert patient.stopped == ""
    losses = [row["val.loss"] for row in patient.history]
    assert losses[-1] == min(losses)
    assert losses[-1] < losses[-2]


@pytest.mark.parametrize("average", ["none", "ema", "swa"])
def test_resumed_is_uninterrupted(average: str) -> None:
    config = replace(STOPS, average=AverageSettings(name=average, start=0.0))
    whole = trained(config)
    state = Trainer(config, small_data(), CPU).state_dict()
    while True:  # left and brought back at each report
        later = Trainer(config, small_data(), CPU)
        later.load_state_dict(state)
        if later.finished:
            break
        later.advance()
        buffer = io.BytesIO()
        torch.save(later.state_dict(), buffer)
        buffer.seek(0)
        state = torch.load(buffer, weights_only=True)
    assert later.step == whole.step
    assert later.stopped == whole.stopped
    for one, other in zip(whole.history, later.history, strict=True):
        names = one.keys() - {"images_per_second"}
        assert str([one[name] for name in names]) == str([other[name] for name in names])
    for name, value in whole.network.state_dict().items():
        assert torch.equal(value, later.network.state_dict()[name]), name


def test_it_is_recorded_as_a_whole_result_of_its_own(tmp_path: Path) -> None:
    store, data = Store(tmp_path), small_data()
    task = replace(task_of(STOPS), keep_model=True)
    record = train(task, data, store, CPU)
    assert record.status is Ending.STOPPED
    assert record.is_whole
    assert record.is_final
    assert record.step < 60
    assert record.reason.startswith("val.loss was no better for 2 reports; the weights are those")
    model = load_model(store, record.fingerprint)
    wrong = (model.predict(data.test.images) != data.test.labels).mean()
    assert record.metrics["test.error"] == pytest.approx(100 * wrong)
    assert not store.checkpoints.exists(record.fingerprint)


def test_what_is_recorded_of_its_training_is_that_of_the_weights_that_are_kept(
    tmp_path: Path,
) -> None:
    store = Store(tmp_path)
    record = train(task_of(STOPS), small_data(), store, CPU)
    rows = store.history(record)
    losses = [row["val.loss"] for row in rows]
    best = losses.index(min(losses))
    assert best < len(rows) - 1
    for name in ("train.norm", "train.loss", "train.error"):
        assert record.metrics[name] == rows[best][name] == rows[-1][name], name
    assert record.metrics["train.norm"] != rows[-2]["train.norm"]
    assert record.metrics["lr"] == rows[-1]["lr"]
    loop = trained(STOPS)
    assert loop.history[best]["train.norm"] == record.metrics["train.norm"]


def test_without_images_held_out_a_trial_fails_with_its_reason(tmp_path: Path) -> None:
    config = replace(STOPS, split=SplitSettings(test="final"))
    record = train(task_of(config), small_data(), Store(tmp_path), CPU)
    assert record.status is Ending.FAILED
    assert "images must be held out to measure val.loss" in record.reason


def test_what_is_off_is_no_code_of_a_trial_and_what_is_on_trains_alone() -> None:
    module = "incay.trainables.training.early_stopping"
    plain = replace(STOPS, early_stopping=EarlyStoppingSettings())
    assert module not in code_files(plain)
    assert module in code_files(STOPS)
    assert must_train_alone(plain) == ""
    assert must_train_alone(STOPS) == "early_stopping: val.loss ends each trial for itself"


@pytest.mark.parametrize("values", [{"metric": "test.error"}, {"patience": 0}, {"min_delta": -1.0}])
def test_wrong_settings_are_refused(values) -> None:
    with pytest.raises(ValueError, match="must hold"):
        EarlyStoppingSettings(**values)
