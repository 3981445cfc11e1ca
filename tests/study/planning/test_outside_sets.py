"""Data sets that are measured as out of distribution: found, hashed, of one shape, told apart."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from in_process import incay
from tasks import task_of

from incay.study.planning.data_catalog import DataCatalog
from incay.trainables.config import TrialConfig
from incay.trainables.data.outside import outside_of
from incay.trainables.fingerprint import code_version
from incay.trainables.measures.settings import MeasureSettings
from incay.trainables.networks.mnist_2d import MNIST2DSettings
from incay.trainables.store.trials import Store
from incay.trainables.training.settings import SplitSettings
from incay.trainables.worker.session import train
from tests.trainables.data.data_cases import pixels, write_idx, write_parquet

PLAIN = TrialConfig(
    network=MNIST2DSettings(width=0.2, dimension=4),
    split=SplitSettings(test="final"),
    steps=4,
    batch_size=16,
    reports=2,
)
ASKED = replace(PLAIN, measure=MeasureSettings(ood=("fashion_mnist", "shuffled")))


@pytest.fixture
def root(tmp_path: Path) -> Path:
    write_idx(tmp_path / "fashion_mnist" / "raw")
    return tmp_path


def test_its_images_lie_beside_the_set_and_are_measured(root: Path) -> None:
    data = DataCatalog(root)
    images = outside_of(data.load_for(ASKED))
    assert images["fashion_mnist"].shape == (10, 1, 28, 28)
    assert not outside_of(data.load_for(PLAIN))
    store = Store(root / "results")
    record = train(task_of(ASKED), data.load_for(ASKED), store, torch.device("cpu"))
    assert record.status == "completed", record.reason
    assert 0.0 <= record.metrics["test.ood.norm.auroc"] <= 100.0
    table = store.read_table(record, "outside.parquet")
    assert table is not None
    assert table["set"].to_pylist().count("fashion_mnist") == 10
    assert table["set"].to_pylist().count("shuffled") == 360


def test_what_is_in_its_files_and_its_code_is_part_of_the_trial(root: Path) -> None:
    before = DataCatalog(root).hash_for(ASKED)
    assert before != DataCatalog(root).hash_for(PLAIN)
    shutil.rmtree(root / "fashion_mnist")
    write_idx(root / "fashion_mnist" / "raw", test=11)
    assert DataCatalog(root).hash_for(ASKED) != before
    assert code_version(ASKED) != code_version(replace(ASKED, measure=MeasureSettings(train=True)))


@pytest.mark.parametrize(
    ("sets", "told"),
    [
        ("[mnist]", "measure: "),
        ("[digits]", "measure.ood must be other images than the study's own, but is digits, too"),
        ("[shufled]", "(did you mean 'shuffled'?)"),
        ("[fashon_mnist]", "(did you mean 'fashion_mnist'?)"),
        ("[shuffled, shuffled]", "ood distinct"),
    ],
)
def test_a_set_that_cannot_be_measured_is_one_message(root: Path, sets: str, told: str) -> None:
    study = root / "own.yaml"
    study.write_text(f"name: own\nbase: {{dataset: digits, steps: 4, measure: {{ood: {sets}}}}}\n")
    done = incay("plan", str(study), "--no-probe", "--data-root", str(root))
    assert done.code == 2, done.out
    assert told in done.err
    assert done.err.count("\n") == 1


def test_a_set_that_is_there_can_be_planned(root: Path) -> None:
    study = root / "own.yaml"
    study.write_text(
        "name: own\nbase: {dataset: digits, steps: 4, measure: {ood: [fashion_mnist]}}\n"
    )
    done = incay("plan", str(study), "--no-probe", "--data-root", str(root))
    assert done.code == 0, done.err


def test_a_set_of_another_shape_is_brought_to_it_and_the_plan_says_so(root: Path) -> None:
    for split in ("train", "test"):
        write_parquet(
            root / "cifar10" / f"{split}-00000-of-00001.parquet",
            pixels(len(split), 10, (32, 32, 3)),
            list(range(10)),
            columns=("img", "label"),
        )
    study = root / "own.yaml"
    study.write_text("name: own\nbase: {dataset: digits, steps: 4, measure: {ood: [cifar10]}}\n")
    done = incay("plan", str(study), "--no-probe", "--data-root", str(root))
    assert done.code == 0, done.err
    said = " ".join(done.out.split())
    assert "cifar10: images of 3×32×32 are brought to 1×28×28 to be used beside others" in said
    asked = replace(PLAIN, measure=MeasureSettings(ood=("cifar10",)))
    images = outside_of(DataCatalog(root).load_for(asked))["cifar10"]
    assert images.shape == (10, 1, 28, 28)
