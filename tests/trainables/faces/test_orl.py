"""SphereNet on ORL: people whom it never saw are told apart better than by their pixels."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from benchmarks.raw_pixels import raw_pixels
from incay.trainables.augment.settings import AugmentSettings
from incay.trainables.config import TrialConfig
from incay.trainables.data.faces import ORLFacesSettings
from incay.trainables.faces.verification import FaceVerification
from incay.trainables.losses.normface import NormFaceSettings
from incay.trainables.networks.spherenet import SphereNet20Settings
from incay.trainables.optimizers.sgd import SGDSettings
from incay.trainables.training.settings import SplitSettings
from incay.trainables.training.trainer import Trainer


@pytest.mark.long
def test_a_small_spherenet_beats_raw_pixels(data_root: Path) -> None:
    dataset = ORLFacesSettings(size=(28, 24))
    data = dataset.load(data_root)
    assert isinstance(data.verification, FaceVerification)
    baseline = data.verification.evaluate(raw_pixels).metrics()
    config = TrialConfig(
        dataset=dataset,
        network=SphereNet20Settings(width=0.25, dimension=128),
        loss=NormFaceSettings(),
        optimizer=SGDSettings(lr=0.01),
        augment=AugmentSettings(crop_padding=2),
        split=SplitSettings(test="final"),
        steps=300,
        batch_size=64,
        reports=1,
    )
    trainer = Trainer(config, data, torch.device("cpu"))
    metrics = trainer.advance()
    assert metrics["test.error"] < 15.0  # chance is 50
    assert metrics["test.error"] < baseline["error"]
    assert metrics["test.auc"] > baseline["auc"]
