"""One trial by a plain call: checked as a study's, recorded, found again, ready to predict."""

from __future__ import annotations

import os
import random
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

import incay
from incay.study.api.opening import one_at_a_time
from incay.study.errors import UserError
from incay.trainables.data.digits import DigitsSettings
from incay.trainables.worker.chance import seed_global_states

BASE: dict[str, Any] = {
    "dataset": "digits",
    "network": {"name": "mnist-2d", "width": 0.3, "dimension": 4},
    "optimizer.lr": 0.01,
    "steps": 8,
    "reports": 2,
    "batch_size": 32,
    "precision": "fp32",
}
LOSS = """\
from dataclasses import dataclass
from incay.components import ClassifierLoss, Loss, LossSettings, register_loss


@register_loss("scaled")
@dataclass(frozen=True, kw_only=True)
class ScaledSettings(LossSettings):
    "Softmax of logits times two."

    def build(self, num_features: int, num_classes: int) -> Loss:
        return Scaled(num_features, num_classes)


class Scaled(ClassifierLoss):
    def target_logit(self, target_B, *rest):
        return 2.0 * target_B
"""


def test_a_trial_is_recorded_and_found_again(tmp_path: Path) -> None:
    first = incay.train(BASE, seed=3, results=tmp_path)
    assert first.status == "completed"
    again = incay.train(BASE, seed=3, results=tmp_path)
    assert again.record == first.record
    assert first.model is not None
    by_config = incay.train(first.model.config, seed=3, results=tmp_path)
    assert by_config.record == first.record
    assert len(first.to_pandas()) == len(first.history) == 2
    test = DigitsSettings().load(None).test
    assert test is not None
    error = 100.0 * np.mean(first.model.predict(test.images) != test.labels)
    assert error == pytest.approx(first.metrics["test.error"])


@pytest.mark.parametrize("damage", [Path.unlink, lambda path: path.write_bytes(b"{")])
def test_a_record_that_is_damaged_or_lost_is_made_again(
    tmp_path: Path, damage: Callable[[Path], object]
) -> None:
    first = incay.train(BASE, seed=3, results=tmp_path)
    (record,) = tmp_path.glob("trials/*/*/record.json")
    damage(record)
    again = incay.train(BASE, seed=3, results=tmp_path)
    assert again.metrics["test.error"] == first.metrics["test.error"]
    assert record.exists()


def test_what_the_caller_draws_is_as_if_nothing_had_been_trained(tmp_path: Path) -> None:
    network = {"name": "torchvision", "model": "mobilenet_v3_small", "image_size": [32, 32]}

    def drawn() -> tuple[float, float, float]:
        return random.random(), np.random.rand(), torch.rand(1).item()

    seed_global_states(1, 0)
    expected = drawn()
    seed_global_states(1, 0)
    incay.train({**BASE, "network": network, "steps": 2}, results=tmp_path)
    assert drawn() == expected


def test_a_password_in_a_place_for_results_is_told_without_it() -> None:
    with pytest.raises(UserError) as refused:
        incay.train(BASE, results="s3://me:hidden-word@bucket/path")
    assert str(refused.value).startswith("results: ")
    assert "hidden-word" not in str(refused.value)


def test_without_results_nothing_is_left(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    trial = incay.train(BASE)
    assert trial.model is not None
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"steps": 0}, "Study(base.steps)"),
        ({"loss": "nix"}, "loss must be one of"),
        ({"batch_size": 10**6}, "batch_size"),
    ],
)
def test_a_bad_setting_is_one_message(change: dict[str, Any], message: str) -> None:
    with pytest.raises(incay.UserError) as raised:
        incay.train({**BASE, **change})
    assert message in str(raised.value)


def test_an_edited_file_is_the_new_code(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    base = {**BASE, "loss": "scaled"}
    Path("mine.py").write_text(LOSS)
    first = incay.train(base, uses=["mine.py"], results="r")
    Path("mine.py").write_text(f"# a remark\n{LOSS}")
    assert incay.train(base, uses=["mine.py"], results="r").record == first.record
    Path("mine.py").write_text(LOSS.replace("2.0 *", "3.0 *"))
    changed = incay.train(base, uses=["mine.py"], results="r")
    assert changed.record.fingerprint != first.record.fingerprint
    assert changed.metrics["train.loss"] != first.metrics["train.loss"]


def test_a_second_call_beside_one_at_work_is_refused() -> None:
    said: list[str] = []

    def call() -> None:
        with pytest.raises(incay.UserError) as raised:
            incay.train(BASE)
        said.append(str(raised.value))

    with one_at_a_time():
        thread = threading.Thread(target=call)
        thread.start()
        thread.join()
    assert "must be called one at a time in a process" in said[0]


def test_a_study_takes_over_what_was_trained_alone(tmp_path: Path) -> None:
    trained = incay.train(BASE, seed=3, results=tmp_path)
    study = incay.Study("tiny", base=BASE, confirm={"seeds": [3]})
    told: list[incay.Progress] = []
    environment = dict(os.environ)
    results = incay.run(study, results=tmp_path, on_progress=told.append)
    assert [trial.record for trial in results.trials] == [trained.record]
    assert results.to_pandas()["status"].tolist() == ["completed"]
    assert (told[-1].phase, told[-1].share) == ("confirm", 1.0)
    assert "Base 1/1" in str(told[-1])
    assert "<progress" in told[-1]._repr_html_()
    assert dict(os.environ) == environment
    with pytest.raises(incay.UserError, match="replicate 7"):
        incay.load_model(results, "Base", replicate=7)
    model = incay.load_model(results, trained.record.fingerprint)
    assert model.metrics["test.error"] == trained.metrics["test.error"]
