"""Files of trained models: from uint8 images to classes, with nothing else at hand."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from incay.trainables.config import TrialConfig
from incay.trainables.data.base import ImageData, Split
from incay.trainables.losses.hinge import HingeSettings
from incay.trainables.networks.mnist_2d import MNIST2DSettings
from incay.trainables.store.reading.damage import RecordError
from incay.trainables.store.trials import Store
from incay.trainables.training.settings import SplitSettings
from incay.trainables.training.trainer import Trainer
from incay.trainables.worker.model import TrainedModel, load_model, save_model

NAME = "ab12"


def images(count: int, seed: int) -> Split:
    random = np.random.default_rng(seed)
    labels = np.arange(count) % 3
    pixels = random.integers(0, 120, (count, 1, 28, 28)) + 60 * labels[:, None, None, None]
    return Split(np.clip(pixels, 0, 255).astype(np.uint8), labels.astype(np.int64))


@pytest.fixture(params=["image", 127.5])
def data(request: pytest.FixtureRequest) -> ImageData:
    mean = request.param
    return ImageData(images(90, 0), images(301, 1), ("one", "two", "three"), mean, 1 / 128)


def trained(data: ImageData, store: Store, precision: str = "fp32") -> Trainer:
    config = TrialConfig(
        network=MNIST2DSettings(width=0.2),
        loss=HingeSettings(),
        split=SplitSettings(validation=0.2, test="final"),
        steps=4,
        reports=1,
        batch_size=16,
        precision=precision,  # type: ignore[arg-type]
    )
    trainer = Trainer(config, data, torch.device("cpu"))
    trainer.advance()
    save_model(store, NAME, trainer, data)
    return trainer


def rewritten(store: Store, **changes: Any) -> None:
    """Write the file anew: changed, without what is None."""
    state = torch.load(io.BytesIO(store.models.read(NAME) or b""), weights_only=True) | changes
    buffer = io.BytesIO()
    torch.save({key: value for key, value in state.items() if value is not None}, buffer)
    store.models.write(NAME, buffer.getvalue())


@pytest.mark.parametrize("precision", ["fp32", "bf16"])
def test_it_predicts_what_was_evaluated(data: ImageData, tmp_path: Path, precision: str) -> None:
    store = Store(tmp_path)
    trainer = trained(data, store, precision)
    evaluated = trainer.samples()
    assert evaluated is not None
    assert data.test is not None
    model = load_model(tmp_path, NAME)
    assert model.predict(data.test.images).tolist() == evaluated[1].prediction.tolist()
    np.testing.assert_array_equal(model.features(data.test.images), evaluated[1].features.numpy())
    error = 100.0 * (model.predict(data.test.images) != data.test.labels).mean()
    assert error == pytest.approx(model.metrics["test.error"])
    shares = model.probabilities(data.test.images)
    assert shares.shape == (301, 3)
    np.testing.assert_allclose(shares.sum(1), 1.0, rtol=1e-5)
    assert model.class_names == ("one", "two", "three")
    network, loss = model
    assert not network.training
    assert not loss.training


def test_tensors_and_no_image_at_all_are_taken(data: ImageData, tmp_path: Path) -> None:
    trained(data, Store(tmp_path))
    model = load_model(tmp_path, NAME)
    given = data.train.images[:5]
    assert model.predict(torch.from_numpy(given)).tolist() == model.predict(given).tolist()
    assert model.predict(given[:0]).shape == (0,)
    flipped = given[..., ::-1]  # a view backwards
    assert model.predict(flipped).tolist() == model.predict(flipped.copy()).tolist()


@pytest.mark.parametrize(
    ("given", "came"),
    [
        (np.zeros((2, 1, 28, 28), np.float32), r"float32 of shape \(2, 1, 28, 28\)"),
        (np.zeros((1, 28, 28), np.uint8), r"uint8 of shape \(1, 28, 28\)"),
        (np.zeros((2, 28, 28, 1), np.uint8), r"uint8 of shape \(2, 28, 28, 1\)"),
    ],
)
def test_other_images_are_refused(
    data: ImageData, tmp_path: Path, given: np.ndarray[Any, Any], came: str
) -> None:
    trained(data, Store(tmp_path))
    match = rf"images must be uint8 of shape \(count, 1, 28, 28\), but got {came}"
    with pytest.raises(ValueError, match=match):
        load_model(tmp_path, NAME).predict(given)


def test_a_file_of_an_earlier_version_still_loads(data: ImageData, tmp_path: Path) -> None:
    store = Store(tmp_path)
    trained(data, store)
    expected = load_model(store, NAME).predict(data.train.images)
    missing = ("format", "class_names", "mean", "scale", "metrics")
    rewritten(store, **dict.fromkeys(missing))
    old = load_model(store, NAME)
    assert isinstance(old, TrainedModel)
    assert old.class_names == ("0", "1", "2")
    with pytest.raises(RecordError, match="earlier version; give its data set"):
        old.predict(data.train.images)
    model = load_model(store, NAME, data=data)
    assert model.predict(data.train.images).tolist() == expected.tolist()
    assert model.class_names == data.class_names


def test_a_newer_or_damaged_file_is_refused(data: ImageData, tmp_path: Path) -> None:
    store = Store(tmp_path)
    trained(data, store)
    rewritten(store, format=99)
    with pytest.raises(RecordError, match="newer version of incay"):
        load_model(store, NAME)
    rewritten(store, format=2, network=None)
    with pytest.raises(RecordError, match="must be complete, but is damaged"):
        load_model(store, NAME)
    store.models.write(NAME, b"no model")
    with pytest.raises(RecordError, match="must be complete, but is damaged"):
        load_model(store, NAME)
