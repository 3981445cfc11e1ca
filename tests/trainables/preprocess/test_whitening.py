"""Contrast normalisation and whitening: norms, covariance, and which images decide them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from incay.trainables.config import TrialConfig
from incay.trainables.data.base import ImageData, Split
from incay.trainables.networks.mnist_2d import MNIST2DSettings
from incay.trainables.optimizers.sgd import SGDSettings
from incay.trainables.preprocess import PreprocessSettings
from incay.trainables.preprocess.modules.whitening import (
    Whitening,
    contrast_normalized,
    inverse_root,
)
from incay.trainables.store.trials import Store
from incay.trainables.training.prepared import prepare
from incay.trainables.training.settings import SplitSettings
from incay.trainables.training.trainer import Trainer
from incay.trainables.worker.model import load_model, save_model

CPU = torch.device("cpu")
SHAPE = (2, 3, 4)


def data(count: int = 600, shape: tuple[int, int, int] = SHAPE) -> ImageData:
    """Images whose neighbouring pixels go together."""
    draw = np.random.default_rng(0)
    rough = draw.normal(128, 40, (count, *shape)).cumsum(axis=3) / np.arange(1, shape[2] + 1)
    images = rough.clip(0, 255).astype(np.uint8)
    split = Split(images, np.arange(count, dtype=np.int64) % 3)
    return ImageData(train=split, test=split, class_names=("a", "b", "c"), scale=1 / 255)


def fitted(given: ImageData, **settings: float) -> Whitening:
    found = PreprocessSettings(**settings).fit(given.train, given, CPU)
    assert isinstance(found, Whitening)
    return found


def test_whitened_images_have_the_identity_for_a_covariance() -> None:
    given = data()
    images = fitted(given, zca=1e-9)(torch.from_numpy(given.train.images))
    flat = images.flatten(1).double()
    torch.testing.assert_close(flat.mean(0), torch.zeros(24).double(), atol=1e-4, rtol=0)
    covariance = (flat.T @ flat) / len(flat)
    torch.testing.assert_close(covariance, torch.eye(24).double(), atol=2e-3, rtol=0)


def test_epsilon_is_added_to_the_covariance() -> None:
    given = data()
    pixels = given.train.images.reshape(600, -1) / 255
    value, vector = np.linalg.eigh(np.cov(pixels.T, bias=True) + 0.1 * np.eye(24))
    expected = (pixels - pixels.mean(0)) @ (vector / np.sqrt(value)) @ vector.T
    found = fitted(given, zca=0.1)(torch.from_numpy(given.train.images))
    np.testing.assert_allclose(found.flatten(1).numpy(), expected, atol=1e-4)


def test_the_root_does_not_depend_on_signs_of_eigenvectors() -> None:
    rows = torch.randn((50, 6), generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    covariance = rows.T @ rows / 50
    root = inverse_root(covariance, 1e-9)
    torch.testing.assert_close(root, root.T)
    identity = torch.eye(6, dtype=torch.float64)
    torch.testing.assert_close(root @ covariance @ root, identity, atol=1e-6, rtol=0)
    flipped = torch.diag(torch.tensor([1.0, -1, 1, -1, -1, 1], dtype=torch.float64))
    mirrored = flipped @ inverse_root(flipped @ covariance @ flipped, 1e-9) @ flipped
    torch.testing.assert_close(mirrored, root)


def test_contrast_normalised_images_have_no_mean_and_one_norm() -> None:
    images = torch.randn((5, 24), dtype=torch.float64) * 9 + 3
    images[4] = 7.0  # of one value: nothing remains, and nothing is divided by 0
    found = contrast_normalized(images, 55.0)
    torch.testing.assert_close(found.mean(1), torch.zeros(5).double(), atol=1e-12, rtol=0)
    assert found.norm(dim=1).tolist() == pytest.approx([55.0] * 4 + [0.0])


def test_contrast_comes_before_the_mean_image_and_whitening() -> None:
    given = data()
    pixels = torch.from_numpy(given.train.images).flatten(1).double()
    normal = contrast_normalized(pixels, 55.0).numpy()
    value, vector = np.linalg.eigh(np.cov(normal.T, bias=True) + 0.1 * np.eye(24))
    expected = (normal - normal.mean(0)) @ (vector / np.sqrt(value)) @ vector.T
    found = fitted(given, gcn=55.0, zca=0.1)(torch.from_numpy(given.train.images))
    np.testing.assert_allclose(found.flatten(1).numpy(), expected, atol=2e-3)
    alone = fitted(given, gcn=55.0)(torch.from_numpy(given.train.images))
    np.testing.assert_allclose(alone.flatten(1).numpy(), normal - normal.mean(0), atol=1e-4)
    assert alone.is_contiguous(memory_format=torch.channels_last)


def test_images_held_out_decide_nothing() -> None:
    given = data()
    config = TrialConfig(
        preprocess=PreprocessSettings(gcn=55.0, zca=0.1), split=SplitSettings(validation=0.2)
    )
    first = prepare(config, given, CPU)
    held_out = first.validation
    assert held_out is not None
    rows = held_out.images.flatten(1).numpy()
    changed = given.train.images.copy()
    for index, image in enumerate(changed):
        if (image.ravel() == rows).all(1).any():
            changed[index] = 255 - image
    other = replace(given, train=Split(changed, given.train.labels))
    second = prepare(config, other, CPU)
    one, two = first.normalize, second.normalize
    assert isinstance(one, Whitening)
    assert isinstance(two, Whitening)
    assert one.matrix is not None
    assert two.matrix is not None
    assert torch.equal(one.mean, two.mean)
    assert torch.equal(one.matrix, two.matrix)


def test_images_that_are_too_large_are_refused() -> None:
    settings = PreprocessSettings(zca=0.1)
    assert settings.refusal((3, 32, 32)) == ""
    assert "at most 4,096 numbers, but these have 12,288" in settings.refusal((3, 64, 64))
    assert PreprocessSettings(gcn=55.0).refusal((3, 64, 64)) == ""


@pytest.mark.parametrize("bad", [{"gcn": -1.0}, {"zca": -0.1}, {"zca": 1e-12}])
def test_what_is_out_of_range_is_refused(bad: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="must hold"):
        PreprocessSettings(**bad)


@pytest.mark.parametrize("settings", [{"gcn": 55.0}, {"gcn": 55.0, "zca": 0.1}, {"zca": 0.1}, {}])
def test_a_kept_model_preprocesses_as_training_did(
    settings: dict[str, float], tmp_path: Path
) -> None:
    given = data(60, (1, 16, 16))
    config = TrialConfig(
        network=MNIST2DSettings(width=0.2, dimension=4),
        optimizer=SGDSettings(lr=0.001),
        preprocess=PreprocessSettings(**settings),
        split=SplitSettings(test="final"),
        steps=3,
        reports=1,
        batch_size=8,
    )
    trainer = Trainer(config, given, CPU)
    trainer.advance()
    save_model(Store(tmp_path), "a" * 20, trainer, given)
    model = load_model(tmp_path, "a" * 20)
    found = trainer.samples()
    assert found is not None
    np.testing.assert_array_equal(model.features(given.train.images), found[1].features.numpy())
