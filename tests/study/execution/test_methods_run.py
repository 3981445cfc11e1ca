"""Every network with every loss, every form and every data set: a few steps on real images.

The matrix runs through the session that also the Ray trainable runs, in this process; one
small study per data set runs on a real Ray.
"""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import pytest
import torch
from excerpts import write_excerpts
from programs import incay
from tasks import task_of

from incay.trainables.augment.settings import AugmentSettings
from incay.trainables.config import TrialConfig
from incay.trainables.data import DatasetSettings, ImageData, datasets
from incay.trainables.incay import forms
from incay.trainables.incay.settings import IncaySettings
from incay.trainables.losses import LossSettings, losses
from incay.trainables.losses.arcface import ArcFaceSettings
from incay.trainables.losses.cosface import CosFaceSettings
from incay.trainables.losses.logits.etf import ETFSettings
from incay.trainables.losses.margins.adaface import AdaFaceSettings
from incay.trainables.losses.margins.circle import CircleSettings
from incay.trainables.losses.margins.curricularface import CurricularFaceSettings
from incay.trainables.losses.margins.magface import MagFaceSettings
from incay.trainables.losses.margins.subcenter_arcface import SubCenterArcFaceSettings
from incay.trainables.networks import networks
from incay.trainables.optimizers.sgd import SGDSettings
from incay.trainables.store.trials import Store
from incay.trainables.training.settings import SplitSettings
from incay.trainables.worker.session import train
from tests.trainables.data.data_cases import CASES

NETWORKS: dict[str, DatasetSettings] = {
    "mnist-2d": datasets["mnist"](),
    "mnist": datasets["mnist"](),
    "cifar10": datasets["cifar10"](),
    "cifar100": datasets["cifar10"](),
    "spherenet-20": datasets["orl_faces"](size=(28, 24)),  # type: ignore[call-arg]
    "spherenet-64": datasets["orl_faces"](size=(28, 24)),  # type: ignore[call-arg]
    "torchvision": datasets["cifar10"](),
}
"""The images that each network is tried on."""
LOSSES: dict[str, LossSettings] = {
    **{name: losses[name]() for name in losses},
    # The scale of 64 that faces are trained with is too much for three steps.
    "adaface": AdaFaceSettings(scale=8.0),
    "arcface": ArcFaceSettings(scale=8.0),
    "arcface, straight-through": ArcFaceSettings(scale=8.0, gradient="straight_through"),
    "circle": CircleSettings(scale=16.0),
    "cosface": CosFaceSettings(scale=8.0),
    "curricularface": CurricularFaceSettings(scale=8.0),
    "etf, cross entropy": ETFSettings(objective="cross_entropy"),
    "magface": MagFaceSettings(scale=8.0),
    "subcenter-arcface": SubCenterArcFaceSettings(scale=8.0),
}
FORMS = {
    "reciprocal": IncaySettings(form="reciprocal", weight=1.0, threshold="1+sqrt2 x mean"),
    "log": IncaySettings(form="log", weight=0.01, gate="correct", start_step=1),
    "linear": IncaySettings(form="linear", weight=1e-4, gate="incorrect", threshold=483.0),
    "power": IncaySettings(form="power", weight=0.01, settings={"exponent": 1.0}),
    "hafn": IncaySettings(form="hafn", weight=0.01, settings={"radius": 10.0}, gate="correct"),
    "safn": IncaySettings(form="safn", weight=0.05, threshold=483.0),
    "ring": IncaySettings(form="ring", weight=0.01, start_step=1),
    "magface-g": IncaySettings(form="magface-g", weight=35.0, settings={"lower": 0.1}),
    "objectosphere": IncaySettings(form="objectosphere", weight=1e-4),
    "l2-activation": IncaySettings(form="l2-activation", weight=2.0, threshold="3 x mean"),
    "logit-penalty": IncaySettings(form="logit-penalty", weight=6e-4, gate="incorrect"),
}


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("data")
    write_excerpts(folder)
    return folder


@pytest.fixture(scope="module")
def loaded(root: Path) -> dict[DatasetSettings, ImageData]:
    return {dataset: dataset.load(root) for dataset in set(NETWORKS.values())}


def few_steps(network: str, dataset: DatasetSettings, **changes: object) -> TrialConfig:
    settings: dict[str, Any] = {"width": 0.1, "dimension": 2 if network == "mnist-2d" else 8}
    if isinstance(changes.get("loss"), ETFSettings):
        settings["dimension"] = 40  # for the people of the largest excerpt
    if network == "torchvision":
        settings = {"model": "shufflenet_v2_x0_5", "dimension": settings["dimension"]}
    return TrialConfig(
        dataset=dataset,
        network=networks[network](**settings),  # type: ignore[arg-type]
        optimizer=SGDSettings(lr=1e-3),
        augment=AugmentSettings(crop_padding=1),
        split=SplitSettings(test="final"),
        steps=3,
        batch_size=16,
        reports=1,
        **changes,  # type: ignore[arg-type]
    )


def check_trains(config: TrialConfig, data: ImageData, folder: Path) -> None:
    store = Store(folder)
    record = train(task_of(config), data, store, torch.device("cpu"))
    assert (record.status, record.reason, record.step) == ("completed", "", 3)
    assert math.isfinite(record.metrics["train.loss"])
    assert 0.0 <= record.metrics["test.error"] <= 100.0
    assert store.read_table(record, "history.parquet").num_rows == 1


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("network", NETWORKS)
def test_every_network_trains_with_every_loss(
    network: str, loss: str, loaded: dict[DatasetSettings, ImageData], tmp_path: Path
) -> None:
    dataset = NETWORKS[network]
    config = few_steps(network, dataset, loss=LOSSES[loss], incay=FORMS["reciprocal"])
    check_trains(config, loaded[dataset], tmp_path)


@pytest.mark.parametrize("loss", ["softmax", "coco", "l-softmax"])
@pytest.mark.parametrize("form", FORMS)
def test_every_form_trains(
    form: str, loss: str, loaded: dict[DatasetSettings, ImageData], tmp_path: Path
) -> None:
    dataset = NETWORKS["mnist-2d"]
    config = few_steps("mnist-2d", dataset, loss=LOSSES[loss], incay=FORMS[form])
    check_trains(config, loaded[dataset], tmp_path)


@pytest.mark.parametrize("name", CASES)
def test_every_data_set_trains(name: str, tmp_path: Path) -> None:
    dataset = CASES[name].write(tmp_path)
    check_trains(few_steps("cifar10", dataset), dataset.load(tmp_path), tmp_path / "results")


def test_nothing_registered_is_left_out() -> None:
    """Losses come from the registry itself."""
    assert set(NETWORKS) == set(networks)
    assert set(FORMS) == set(forms)
    assert set(CASES) == set(datasets)


STUDY = """\
name: few-steps
base:
  dataset: DATASET
  network: {name: NETWORK, width: 0.1, dimension: 8}
  optimizer: {lr: 0.001}
  steps: 4
  batch_size: 16
  reports: 2
arms:
  Softmax: {}
  RN + Softmax: {incay: {form: reciprocal, weight: 0.1}}
  L-Softmax: {loss: l-softmax}
  COCO: {loss: coco}
  Center Loss: {loss: center}
confirm: {seeds: 1}
"""


@pytest.mark.long
@pytest.mark.parametrize(
    ("dataset", "network"),
    [
        ("mnist", "mnist"),
        ("cifar10", "cifar10"),
        ("{name: orl_faces, size: [28, 24]}", "spherenet-20"),
    ],
)
def test_incay_run_trains_real_images_on_ray(
    dataset: str, network: str, root: Path, tmp_path: Path
) -> None:
    (tmp_path / "few.yaml").write_text(
        STUDY.replace("DATASET", dataset).replace("NETWORK", network)
    )
    done = incay("run", "few.yaml", "--no-mirror", "--data-root", str(root), cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    records = [
        json.loads(path.read_text()) for path in tmp_path.glob("results/trials/*/*/record.json")
    ]
    assert [record["status"] for record in records] == ["completed"] * 5
    assert all("test.error" in record["metrics"] for record in records)
