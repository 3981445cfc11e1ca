"""Data sets of unknown samples that an incay form names: found, hashed, of one shape, trained."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from in_process import incay
from programs import incay as incay_program
from tasks import task_of

from incay.study.planning.data_catalog import DataCatalog
from incay.trainables.config import TrialConfig
from incay.trainables.fingerprint import code_version
from incay.trainables.incay.settings import IncaySettings
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
SPHERE = IncaySettings(form="objectosphere", weight=1e-4, settings={"background": "fashion_mnist"})
ASKED = replace(PLAIN, incay=SPHERE)
STUDY = """\
name: spheres
base:
  dataset: digits
  network: {name: mnist-2d, width: 0.2, dimension: 4}
  optimizer.lr: 0.01
  steps: 4
  batch_size: 16
  reports: 2
arms:
  Softmax: {}
  Sphere: {incay: {form: objectosphere, settings: {background: fashion_mnist}}}
search: {Sphere: {incay.weight: log 1e-5 .. 1e-2}, Softmax: {optimizer.lr: log 0.005 .. 0.02}}
budget: {trials: 2, sampler: random}
confirm: {seeds: 1}
"""


@pytest.fixture
def root(tmp_path: Path) -> Path:
    write_idx(tmp_path / "fashion_mnist" / "raw")
    return tmp_path


def test_its_training_images_run_beside_the_trials_own(root: Path) -> None:
    data = DataCatalog(root)
    background = data.load_for(ASKED).background
    assert background is not None
    assert background.shape[1:] == (1, 28, 28)
    assert (background == data.load(ASKED.background).train.images).all()  # type: ignore[arg-type]
    assert data.load_for(PLAIN).background is None
    store = Store(root / "results")
    record = train(task_of(ASKED), data.load_for(ASKED), store, torch.device("cpu"))
    assert record.status == "completed", record.reason
    assert {"train.incay", "train.unknown", "train.incay_unknown"} <= record.metrics.keys()


def test_what_is_in_its_files_and_its_code_is_part_of_the_trial(root: Path) -> None:
    data = DataCatalog(root)
    assert data.hash_for(ASKED) != data.hash_for(PLAIN)
    off = replace(ASKED, incay=replace(SPHERE, weight=0.0))
    assert data.hash_for(off) == data.hash_for(PLAIN), "λ = 0 is the baseline"
    without = replace(ASKED, incay=IncaySettings(form="objectosphere", weight=1e-4))
    assert code_version(ASKED) != code_version(without)
    # A search that finds a weight asks for other images than the arm.
    assert data.images_of(off).keys() == {data.hash_for(ASKED), data.hash_for(PLAIN)}


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("fashion_mnist", "mnist", "spheres.yaml:11: arms.Sphere.incay: "),
        (
            "fashion_mnist",
            "digits",
            "incay.settings.background must be other images than the study's own",
        ),
        ("fashion_mnist", "fashion", "(did you mean 'fashion_mnist'?)"),
        (
            "Sphere: {incay.weight: log 1e-5 .. 1e-2}",
            "Sphere: {incay.settings.background: [fashion_mnist, none], incay.weight: [1e-3]}",
            "incay.settings.background must be given, not searched",
        ),
    ],
)
def test_a_set_that_cannot_run_beside_is_one_message(
    root: Path, old: str, new: str, told: str
) -> None:
    for split in ("train", "test"):
        write_parquet(
            root / "cifar10" / f"{split}-00000-of-00001.parquet",
            pixels(len(split), 10, (32, 32, 3)),
            list(range(10)),
            columns=("img", "label"),
        )
    assert old in STUDY
    (root / "spheres.yaml").write_text(STUDY.replace(old, new))
    done = incay("plan", str(root / "spheres.yaml"), "--no-probe", "--data-root", str(root))
    assert done.code == 2, done.out
    assert told in done.err
    assert done.err.count("\n") == 1


def test_a_study_with_one_can_be_planned_and_timed(root: Path) -> None:
    (root / "spheres.yaml").write_text(STUDY)
    done = incay("plan", str(root / "spheres.yaml"), "--data-root", str(root))
    assert done.code == 0, done.err


@pytest.mark.long
def test_a_search_finds_a_weight_and_trains_beside_the_background(root: Path) -> None:
    (root / "spheres.yaml").write_text(STUDY)
    done = incay_program("run", "spheres.yaml", "--no-mirror", "--data-root", ".", cwd=root)
    assert done.returncode == 0, done.stdout + done.stderr
    records = [json.loads(path.read_text()) for path in root.glob("results/trials/*/*/record.json")]
    assert {record["status"] for record in records} == {"completed"}
    beside = [record for record in records if "train.unknown" in record["metrics"]]
    assert len(beside) == 3
    assert len(records) == 6
