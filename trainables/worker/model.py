"""Trained networks in the store: written when a trial completes, loaded without running code.

A file holds all that is needed to use it: settings, weights, what is subtracted from pixels and
multiplied, the classes' names and what its last report measured.
"""

from __future__ import annotations

import io
import pickle
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn

from incay.trainables.config import TrialConfig
from incay.trainables.data.base import ImageData, Split
from incay.trainables.losses.modules.base import Loss
from incay.trainables.networks import NetworkSettings
from incay.trainables.networks.modules.base import FeatureNetwork
from incay.trainables.preprocess.modules.whitening import Whitening
from incay.trainables.store.reading.damage import RecordError
from incay.trainables.store.trials import Store
from incay.trainables.training.batches import Normalizer, split_validation
from incay.trainables.training.evaluate import EVALUATION_BATCH
from incay.trainables.training.trainer import Trainer

FORMAT = 3
"""Of a file; the first had neither preprocessing nor classes' names, and no number, the second
neither contrast normalisation nor whitening: where there are none, it is written still."""


@dataclass(frozen=True, kw_only=True)
class TrainedModel:
    """A trained network with its classifier, from uint8 images to classes.

    Images are uint8 arrays (count, channels, height, width) of `image_shape`, as the data set's
    reader gives them; what training subtracted and multiplied is done in here.

    Attributes:
        network: Maps standardised images to features (count, D).
        loss: Maps features to logits.
        config: What was trained.
        image_shape: (channels, height, width).
        class_names: By class index.
        metrics: What the last report measured, by name: ``test.error`` (%) among them, where the
            test split was open. Empty of a file of an earlier version.
    """

    network: FeatureNetwork
    loss: Loss
    config: TrialConfig
    image_shape: tuple[int, int, int]
    class_names: tuple[str, ...]
    metrics: Mapping[str, float]
    normalize: Normalizer | None

    def __iter__(self) -> Iterator[nn.Module]:
        """Yield network and loss, for ``network, loss = load_model(…)``."""
        return iter((self.network, self.loss))

    def predict(self, images: npt.ArrayLike | Tensor) -> npt.NDArray[np.int64]:
        """Return the predicted classes (count,), which index `class_names`.

        Raises:
            ValueError: The images are not uint8, or of another shape.
            RecordError: The file is of an earlier version, and `load_model` got no data set.
        """
        found: npt.NDArray[np.int64] = self._logits(images).argmax(1).numpy()
        return found

    def probabilities(self, images: npt.ArrayLike | Tensor) -> npt.NDArray[np.float32]:
        """Return the softmax of the plain logits (count, classes); raises as `predict` does."""
        found: npt.NDArray[np.float32] = self._logits(images).softmax(1).numpy()
        return found

    def features(self, images: npt.ArrayLike | Tensor) -> npt.NDArray[np.float32]:
        """Return the features (count, D); raises as `predict` does."""
        found: npt.NDArray[np.float32] = torch.cat(list(self._batches(images))).numpy()
        return found

    @torch.inference_mode()
    def _logits(self, images: npt.ArrayLike | Tensor) -> Tensor:
        return torch.cat([self.loss.logits(f).float() for f in self._batches(images)])

    @torch.inference_mode()
    def _batches(self, images: npt.ArrayLike | Tensor) -> Iterator[Tensor]:
        """Yield features of as many images at once as evaluation takes, so that bits agree."""
        checked, normalize = self._checked(images), self.normalize
        if normalize is None:
            raise RecordError(
                "a model must hold what was subtracted from its images, but its file was written "
                "by an earlier version; give its data set: load_model(…, data=…)"
            )
        autocast = torch.bfloat16 if self.config.precision == "bf16" else None
        for start in range(0, max(1, len(checked)), EVALUATION_BATCH):
            batch = checked[start : start + EVALUATION_BATCH]
            with torch.autocast("cpu", autocast, enabled=autocast is not None):
                features = self.network(normalize(batch))
            yield features.float()

    def _checked(self, images: npt.ArrayLike | Tensor) -> Tensor:
        given = (
            images.cpu()
            if isinstance(images, Tensor)
            else torch.tensor(np.ascontiguousarray(images))
        )
        if given.dtype != torch.uint8 or tuple(given.shape[1:]) != self.image_shape:
            raise ValueError(
                f"images must be uint8 of shape (count, {', '.join(map(str, self.image_shape))}), "
                f"but got {str(given.dtype).removeprefix('torch.')} of shape {tuple(given.shape)}"
            )
        return given


def save_model(store: Store, fingerprint: str, trainer: Trainer, data: ImageData) -> None:
    """Keep what a trial has trained, with all that is needed to use it."""
    buffer = io.BytesIO()
    normalize = trainer.normalize
    whitening = normalize if isinstance(normalize, Whitening) else None
    content = {
        # A program that knows of no preprocessing must not take the images as they are.
        "format": 2 if whitening is None else FORMAT,
        "config": trainer.config.to_dict(),
        "image_shape": list(data.image_shape),
        "num_classes": data.num_classes,
        "class_names": list(data.class_names),
        "mean": normalize.mean.cpu(),
        "scale": normalize.scale,
        **({} if whitening is None else {"gcn": whitening.gcn, "matrix": _on_cpu(whitening)}),
        "metrics": dict(trainer.history[-1]) if trainer.history else {},
        "network": trainer.network.state_dict(),
        "loss": trainer.loss.state_dict(),
    }
    torch.save(content, buffer)
    store.models.write(fingerprint, buffer.getvalue())


def load_model(
    store: Store | str | Path, fingerprint: str, *, data: ImageData | None = None
) -> TrainedModel:
    """Return the trained model of a trial, on the CPU, ready to use.

    Args:
        store: Where the trial is recorded.
        fingerprint: Which trial; ``load(…).kept`` lists those that a study keeps.
        data: The data set that it was trained on, which only files of earlier versions need: what
            was subtracted is computed from it again.

    Raises:
        RecordError: No network of the trial is kept, or the file is damaged or of a newer version.
    """
    store = store if isinstance(store, Store) else Store(store)
    content = store.models.read(fingerprint)
    if content is None:
        raise RecordError(
            f"{store.where('')}: a network of trial {fingerprint} must be kept there, but is not; "
            "keep_models of its study says how many are"
        )
    where = f"the model of trial {fingerprint} in {store.where('')}"
    try:
        state = torch.load(io.BytesIO(content), map_location="cpu", weights_only=True)
        version = state.get("format", 1)
        if version > FORMAT:
            raise RecordError(
                f"{where} must have format {FORMAT} or older, but has {version}: it was written "
                "by a newer version of incay"
            )
        return _restored(state, data)
    except (
        pickle.UnpicklingError,
        RuntimeError,
        LookupError,
        TypeError,
        ValueError,
        EOFError,
    ) as e:
        raise RecordError(f"{where} must be complete, but is damaged: {e}") from e


def _restored(state: Mapping[str, Any], data: ImageData | None) -> TrainedModel:
    config = TrialConfig.from_dict(state["config"])
    network = _bare(config.network).build(tuple(state["image_shape"]))
    loss = config.loss.build(network.num_features, state["num_classes"])
    network.load_state_dict(state["network"])
    loss.load_state_dict(state["loss"])
    # As in training: other layouts may sum in another order.
    network.to(memory_format=torch.channels_last)
    normalize = None
    if "mean" in state:
        normalize = _stored(state)
    elif data is not None:
        normalize = _normalizer(config, data)
    names = state.get("class_names") or (data.class_names if data is not None else None)
    return TrainedModel(
        network=network.eval(),
        loss=loss.eval(),
        config=config,
        image_shape=tuple(state["image_shape"]),
        class_names=tuple(names or map(str, range(state["num_classes"]))),
        metrics=dict(state.get("metrics", {})),
        normalize=normalize,
    )


def _bare(network: NetworkSettings) -> NetworkSettings:
    """Return the settings without the weights that training began with: the state has its own."""
    begins_with = any(item.name == "pretrained" for item in fields(network))
    return replace(network, pretrained="none") if begins_with else network  # type: ignore[call-arg]


def _normalizer(config: TrialConfig, data: ImageData) -> Normalizer:
    """Return what training made of pixels: the mean is that of the images that were trained on."""
    train, _ = split_validation(data.train, config.split)
    return Normalizer(train, data.mean, data.scale, torch.device("cpu"))


def _stored(state: Mapping[str, Any]) -> Normalizer:
    mean, scale, device = state["mean"], state["scale"], torch.device("cpu")
    if "gcn" in state:
        return Whitening(state["gcn"], mean, scale, state["matrix"], device)
    nothing = Split(np.empty((0, 1, 1, 1), np.uint8), np.empty(0, np.int64))
    normalize = Normalizer(nothing, 0.0, scale, device)
    normalize.mean = mean
    return normalize


def _on_cpu(whitening: Whitening) -> Tensor | None:
    return None if whitening.matrix is None else whitening.matrix.cpu()
