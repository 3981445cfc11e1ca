"""Trained networks: the best few stay, and give the results of their records."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch
from programs import incay
from simulated_records import simulated_record
from tiny_study import STUDY

from incay.study.execution.kept_models import KeptModels
from incay.study.planning.trials import PlannedTrial
from incay.trainables.config import TrialConfig
from incay.trainables.data.digits import DigitsSettings
from incay.trainables.store.records import RecordError, TrialRecord
from incay.trainables.store.trials import Store
from incay.trainables.training.batches import DeviceSplit, Normalizer, split_validation
from incay.trainables.training.evaluate import evaluate
from incay.trainables.worker.model import load_model


def trial(name: str, phase: str = "confirm") -> PlannedTrial:
    return PlannedTrial("A", phase, 0, TrialConfig(), name)  # type: ignore[arg-type]


def record(name: str, error: float) -> TrialRecord:
    return simulated_record(name, {"test.error": error})


def test_the_best_stay_after_a_restart_too_and_so_do_those_of_other_studies(tmp_path: Path) -> None:
    store = Store(tmp_path)
    for name in ("aa1", "aa2", "aa3", "aa4"):
        store.models.write(name, b"network")
    KeptModels(store, "other", "run", 1).offer(trial("aa2"), record("aa2", 1.0))
    kept = KeptModels(store, "study", "run", 2)
    kept.offer(trial("aa1"), record("aa1", 5.0))
    kept.offer(trial("aa2"), record("aa2", 9.0))
    kept = KeptModels(store, "study", "run", 2)
    kept.offer(trial("aa3"), record("aa3", 4.0))
    kept.offer(trial("aa4"), record("aa4", 7.0))
    left = [name for name in ("aa1", "aa2", "aa3", "aa4") if store.models.read(name) is not None]
    assert left == ["aa1", "aa2", "aa3"]
    assert not kept.wants(trial("aa5", "search"))
    assert not KeptModels(store, "study", "none", 0).wants(trial("aa5"))


def test_a_kept_network_gives_the_error_of_its_record(tmp_path: Path) -> None:
    (tmp_path / "tiny.yaml").write_text(
        STUDY.replace("budget: {trials: 2}", "").replace(
            "search:\n  all arms: {optimizer.weight_decay: log 1e-5 .. 1e-2}\n", "keep_models: 2\n"
        )
    )
    done = incay("run", "tiny.yaml", "--no-mirror", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    store = Store(tmp_path / "results")
    records = [
        json.loads(path.read_text()) for path in tmp_path.glob("results/trials/*/*/record.json")
    ]
    best = sorted(records, key=lambda found: found["metrics"]["test.error"])
    kept = [found for found in records if store.models.read(found["fingerprint"]) is not None]
    assert len(kept) == 2
    assert max(found["metrics"]["test.error"] for found in kept) <= best[2]["metrics"]["test.error"]
    network, loss = load_model(store, kept[0]["fingerprint"])
    data = DigitsSettings().load(None)
    assert data.test is not None
    config = TrialConfig.from_dict(kept[0]["config"])
    train, _ = split_validation(data.train, config.split)
    cpu = torch.device("cpu")
    normalize = Normalizer(train, data.mean, data.scale, cpu)
    found = evaluate(network, loss, DeviceSplit(data.test, cpu), normalize, autocast=None)  # type: ignore[arg-type]
    assert found.metrics()["error"] == pytest.approx(kept[0]["metrics"]["test.error"])
    lost = next(found["fingerprint"] for found in records if found not in kept)
    with pytest.raises(RecordError, match="keep_models"):
        load_model(store, lost)
