"""Verification of images, from pixels to metrics, and through the training loop."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
import torch
from tasks import task_of

from benchmarks.raw_pixels import raw_pixels
from incay.trainables.config import TrialConfig
from incay.trainables.data.base import ImageData, Split
from incay.trainables.faces.protocol import cross_validate
from incay.trainables.faces.verification import FaceVerification
from incay.trainables.networks import networks
from incay.trainables.optimizers.sgd import SGDSettings
from incay.trainables.store.trials import Store
from incay.trainables.training.settings import SplitSettings
from incay.trainables.training.trainer import Trainer
from incay.trainables.worker.session import train

Images = npt.NDArray[np.uint8]


def verification(seed: int = 0, folds: int = 4) -> FaceVerification:
    """Images of 6 people; the left half tells who it is, the right half is noise."""
    draw = np.random.default_rng(seed)
    people = np.repeat(np.arange(6), 5)
    images = draw.integers(0, 256, (30, 1, 16, 16), dtype=np.uint8)
    faces = draw.integers(0, 256, (6, 1, 16, 8), dtype=np.uint8)
    images[:, :, :, :8] = faces[people]
    same = np.arange(folds * 20) % 2 == 0
    first = draw.integers(0, 30, len(same))
    second = np.array(
        [
            draw.choice(np.flatnonzero((people == people[a]) == s))
            for a, s in zip(first, same, strict=True)
        ]
    )
    return FaceVerification(images, first, second, same, np.arange(len(same)) // 20)


def test_features_of_images_and_of_mirror_images_are_joined() -> None:
    faces = verification()
    seen: list[Images] = []

    def features_of(images: Images) -> npt.NDArray[np.float32]:
        seen.append(images)
        return raw_pixels(images)

    result = faces.evaluate(features_of)
    np.testing.assert_array_equal(seen[0], faces.images)
    np.testing.assert_array_equal(seen[1], np.flip(faces.images, 3))
    np.testing.assert_array_equal(result.features[:, :256], raw_pixels(seen[0]))
    np.testing.assert_array_equal(result.features[:, 256:], raw_pixels(seen[1]))


def test_metrics_of_features_that_tell_people_apart() -> None:
    metrics = verification().evaluate(raw_pixels).metrics()
    assert set(metrics) == {
        "error",
        "error_se",
        "auc",
        "eer",
        "tar_at_far_1e-2",
        "tar_at_far_1e-3",
        "norm",
    }
    assert metrics["error"] < 5.0
    assert metrics["auc"] > 95.0


def test_norm_is_that_of_the_images_as_they_are() -> None:
    faces = verification()

    def features_of(images: Images) -> npt.NDArray[np.float32]:
        mirrored = not np.array_equal(images, faces.images)
        return np.full((len(images), 4), 7.0 if mirrored else 1.5, np.float32)

    assert faces.evaluate(features_of).metrics()["norm"] == pytest.approx(3.0)


def test_features_of_chance() -> None:
    draw = np.random.default_rng(1)
    faces = verification(folds=10)
    metrics = faces.evaluate(
        lambda images: draw.normal(size=(len(images), 8)).astype("f4")
    ).metrics()
    assert 30.0 < metrics["error"] < 70.0
    assert 30.0 < metrics["eer"] < 70.0


def face_data() -> ImageData:
    draw = np.random.default_rng(0)
    train = Split(draw.integers(0, 256, (24, 1, 16, 16), dtype=np.uint8), np.arange(24) % 3)
    return ImageData(
        train=train,
        test=None,
        class_names=("a", "b", "c"),
        mean=127.5,
        scale=1 / 128,
        verification=verification(),
    )


def trial(**split: object) -> TrialConfig:
    return TrialConfig(
        network=networks["spherenet-20"](width=0.125, dimension=8),
        optimizer=SGDSettings(lr=0.01),
        split=SplitSettings(**split),  # type: ignore[arg-type]
        steps=4,
        batch_size=8,
        reports=2,
    )


def test_the_trainer_reports_verification_as_its_test() -> None:
    trainer = Trainer(trial(test="final"), face_data(), torch.device("cpu"))
    assert "test.error" not in trainer.advance()
    metrics = trainer.advance()
    result = trainer.verify()
    assert result is not None
    assert {f"test.{name}": value for name, value in result.metrics().items()} == {
        name: value for name, value in metrics.items() if name.startswith("test.")
    }
    assert all(math.isfinite(value) for value in metrics.values())
    assert trainer.samples() is None  # there are no test images of training classes


def test_the_trainer_verifies_at_every_report_if_told_to() -> None:
    trainer = Trainer(trial(test="reports"), face_data(), torch.device("cpu"))
    assert "test.eer" in trainer.advance()


def test_a_trial_keeps_scores_and_features_to_judge_it_again(tmp_path: Path) -> None:
    store, data = Store(tmp_path), face_data()
    record = train(task_of(trial(test="final")), data, store, torch.device("cpu"))
    assert {"features.parquet", "history.parquet", "pairs.parquet"} <= set(record.files)
    pairs, kept = (store.read_table(record, f"{name}.parquet") for name in ("pairs", "features"))
    assert pairs is not None
    assert kept is not None
    features = np.stack(kept["feature"].to_numpy(zero_copy_only=False))
    assert data.verification is not None
    assert features.shape == (len(data.verification.images), 16)
    columns = {name: pairs[name].to_numpy(zero_copy_only=False) for name in pairs.column_names}
    folded = cross_validate(
        features, columns["first"], columns["second"], columns["same"], columns["fold"]
    )
    np.testing.assert_array_equal(folded.scores_P, columns["score"])
    assert 100.0 * (1.0 - folded.accuracy) == record.metrics["test.error"]


def test_a_sealed_test_stays_sealed() -> None:
    trainer = Trainer(trial(test="sealed", validation=0.25), face_data(), torch.device("cpu"))
    for _ in range(2):
        metrics = trainer.advance()
        assert "val.error" in metrics
        assert not [name for name in metrics if name.startswith("test.")]
    assert trainer.verify() is None


def test_verification_changes_nothing_in_training() -> None:
    weights = []
    for test in ("sealed", "reports"):
        trainer = Trainer(trial(test=test), face_data(), torch.device("cpu"))
        while not trainer.finished:
            trainer.advance()
        weights.append(torch.cat([p.detach().flatten() for p in trainer.network.parameters()]))
        assert trainer.network.training
    assert torch.equal(*weights)
