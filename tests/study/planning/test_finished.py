"""What a plan counts as finished: what the study would take from the store, and nothing else."""

from __future__ import annotations

from pathlib import Path

import pytest

from incay.study.planning import trials
from incay.study.planning.data_catalog import DataCatalog
from incay.study.planning.plan_table import plan_arms, shared_settings
from incay.study.spec.reading.document import load_document
from incay.study.spec.study import parse_study
from incay.trainables.config import TrialConfig
from incay.trainables.store.trials import Store


def finished_of(folder: Path) -> list[int]:
    spec = parse_study(load_document(folder / "tiny.yaml"))
    return [arm.finished for arm in plan_arms(spec, DataCatalog(None), Store(folder / "results"))]


def test_all_of_a_finished_study(finished: Path) -> None:
    assert finished_of(finished) == [4, 4]


def test_none_once_the_training_code_has_changed(
    finished: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = trials.fingerprint

    def changed(config: TrialConfig, data_hash: str) -> str:
        return before(config, data_hash)[::-1]

    monkeypatch.setattr(trials, "fingerprint", changed)
    assert finished_of(finished) == [0, 0]


def test_settings_of_an_optimizer_that_is_searched_are_not_told_as_all_arms(finished: Path) -> None:
    document = load_document(finished / "tiny.yaml")
    data = DataCatalog(None)
    assert "optimizer" in shared_settings(parse_study(document), data)
    document.values["search"] = {"all arms": {"optimizer.name": ["sgd", "adamw"]}}
    assert "optimizer" not in shared_settings(parse_study(document), data)
