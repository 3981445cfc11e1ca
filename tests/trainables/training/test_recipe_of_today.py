"""AdamW, warm-up, cosine, RandAugment, mixup, EMA and clipping: resumed is uninterrupted."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from tasks import task_of

from incay.study.planning.data_catalog import DataCatalog
from incay.study.spec.reading.document import Document
from incay.study.spec.study import parse_study
from incay.trainables.config import TrialConfig
from incay.trainables.data.base import ImageData
from incay.trainables.store.endings import Ending
from incay.trainables.store.trials import Store
from incay.trainables.training.settings import SplitSettings
from incay.trainables.worker.model import load_model
from incay.trainables.worker.session import TrialSession, train

torch.set_num_threads(1)
CPU = torch.device("cpu")


def config_of(**base: Any) -> TrialConfig:
    """Return a trial of the strong recipe, which has all of these parts."""
    values = {"recipe": "cifar-adamw-strong", "precision": "fp32", **base}
    config = parse_study(Document("study.yaml", {"name": "t", "base": values})).arms[0].config
    assert config.optimizer.name == "adamw"
    assert config.optimizer.clip_norm > 0.0
    assert config.schedule.name == "cosine"
    assert config.schedule.warmup > 0.0
    assert config.average.name == "ema"
    assert [part.part for part in config.augment.parts] == ["policy", "mix"]
    return replace(config, split=SplitSettings(validation=0.1, test="reports"))


def assert_resumes(
    config: TrialConfig, data: ImageData, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Check a trial that is left and brought back in every report against one that is not."""
    monkeypatch.setenv("INCAY_CHECKPOINT_SECONDS", "0")
    task = replace(task_of(config), keep_model=True)
    store = Store(folder / "whole")
    whole, network = train(task, data, store, CPU), load_model(store, task.fingerprint)
    assert whole.status is Ending.COMPLETED
    store, record = Store(folder / "resumed"), None
    while record is None:
        session = TrialSession(task, data, store, CPU)
        session.advance()
        session.leave()
        torch.rand(3)
        record = session.record
    assert len(record.provenance["attempts"]) == config.reports
    speed = {"images_per_second": 0}
    assert str({**record.metrics, **speed}) == str({**whole.metrics, **speed})
    for one, other in zip(network, load_model(store, task.fingerprint), strict=True):
        for name, value in one.state_dict().items():
            assert torch.equal(value, other.state_dict()[name]), name


def test_on_digits(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    config = config_of(
        dataset="digits",
        network={"name": "mnist-2d", "width": 0.3, "dimension": 8, "dropout": 0.2},
        steps=24,
        reports=4,
        batch_size=32,
    )
    data = DataCatalog(None).load(config.dataset)
    assert_resumes(config, data, tmp_path, monkeypatch)


@pytest.mark.long
def test_on_cifar_10(data_root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    config = config_of(
        dataset="cifar10",
        network={"name": "cifar10", "width": 0.1},
        incay={"form": "reciprocal", "weight": 0.1},
        steps=60,
        reports=4,
        batch_size=64,
    )
    data = DataCatalog(data_root).load(config.dataset)
    assert_resumes(config, data, tmp_path, monkeypatch)
