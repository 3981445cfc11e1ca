"""A checkpoint of right checksum and wrong content costs its work, never the trial."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from tasks import task_of

from incay.trainables.config import TrialConfig
from incay.trainables.data import ImageData
from incay.trainables.data.digits import DigitsSettings
from incay.trainables.incay.settings import IncaySettings
from incay.trainables.networks.mnist_2d import MNIST2DSettings
from incay.trainables.store.trials import Store
from incay.trainables.worker.session import TrialSession, train

CPU = torch.device("cpu")
CONFIG = TrialConfig(
    network=MNIST2DSettings(width=0.1, dimension=2),
    incay=IncaySettings(form="reciprocal", weight=0.1),
    steps=6,
    reports=3,
    batch_size=16,
)
TASK = task_of(CONFIG)


@pytest.fixture(scope="module")
def digits() -> ImageData:
    return DigitsSettings().load(None)


def left(store: Store, digits: ImageData, config: TrialConfig = CONFIG) -> dict[str, Any]:
    """Return the checkpoint of a trial that was left after its first report."""
    session = TrialSession(task_of(config), digits, store, CPU)
    session.advance()
    session.leave()
    content = store.checkpoints.read(task_of(config).fingerprint)
    assert content is not None
    return torch.load(io.BytesIO(content), weights_only=True)  # type: ignore[no-any-return]


def attempts(store: Store, digits: ImageData, checkpoint: Any) -> list[dict[str, Any]]:
    """Return what a trial's record says of its attempts, the first from a checkpoint."""
    buffer = io.BytesIO()
    torch.save(checkpoint, buffer)
    store.checkpoints.write(TASK.fingerprint, buffer.getvalue())
    record = train(TASK, digits, store, CPU)
    assert record.status == "completed"
    assert record.step == 6
    found: list[dict[str, Any]] = record.provenance["attempts"]
    return found


def test_a_whole_one_is_gone_on_from(tmp_path: Path, digits: ImageData) -> None:
    store = Store(tmp_path)
    assert [each["from_step"] for each in attempts(store, digits, left(store, digits))] == [0, 2]


def _weights_of_nan(state: dict[str, Any]) -> None:
    name = next(name for name in state["trainer"]["modules"] if name.endswith("weight"))
    state["trainer"]["modules"][name].fill_(float("nan"))


def _one_key_less(state: dict[str, Any]) -> None:
    state["trainer"]["modules"].popitem()


def _other_shapes(state: dict[str, Any]) -> None:
    modules = state["trainer"]["modules"]
    for name in modules:
        modules[name] = torch.zeros(3)


def _no_progress(state: dict[str, Any]) -> None:
    state["meta"] = {"step": "two"}


def _another_step(state: dict[str, Any]) -> None:
    state["trainer"]["step"] = 4


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (_weights_of_nan, "must hold finite weights"),
        (_one_key_less, "Missing key"),
        (_other_shapes, "size mismatch"),
        (_no_progress, "the checkpoint must be complete"),
        (_another_step, "must be of one step, but is of 4 and 2"),
        (dict.clear, "meta"),
    ],
)
def test_another_content_costs_its_work(
    change: Callable[[dict[str, Any]], None], said: str, tmp_path: Path, digits: ImageData
) -> None:
    store = Store(tmp_path)
    state = left(store, digits)
    change(state)
    discarded, begun = attempts(store, digits, state)
    assert said in discarded["discarded"]
    assert begun["from_step"] == 0


def test_another_trials_checkpoint_costs_its_work(tmp_path: Path, digits: ImageData) -> None:
    store = Store(tmp_path)
    other = TrialConfig(**{**vars(CONFIG), "seed": 1})
    discarded, _ = attempts(store, digits, left(store, digits, other))
    assert f"must be of trial {TASK.fingerprint}" in discarded["discarded"]
