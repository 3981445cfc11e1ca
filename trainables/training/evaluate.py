"""Evaluation of a split: error, loss and feature norms, overall and of right and wrong ones."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
import torch.nn.functional as F
from torch import Tensor

from incay.trainables.losses.modules.base import Loss
from incay.trainables.networks.modules.base import FeatureNetwork
from incay.trainables.training.batches import DeviceSplit, Normalizer

EVALUATION_BATCH = 250


@dataclass(frozen=True)
class Samples:
    """What evaluation says about each image of a split, in the split's order.

    Attributes:
        label: (N,), int64.
        prediction: (N,), int64.
        loss: (N,), float32; cross entropy of the plain logits.
        norm: (N,), float32; ‖f‖.
        features: (N, D), float32.
    """

    label: Tensor
    prediction: Tensor
    loss: Tensor
    norm: Tensor
    features: Tensor

    def metrics(self) -> dict[str, float]:
        """Return error (%), loss, and mean norms; a norm of no samples is NaN.

        Keys: ``error``, ``loss``, ``norm``, ``norm_correct``, ``norm_wrong``.
        """
        correct = self.prediction == self.label
        norm = self.norm.double()
        values = {
            "error": 100.0 * (~correct).double().mean(),
            "loss": self.loss.double().mean(),
            "norm": norm.mean(),
            "norm_correct": norm[correct].mean(),
            "norm_wrong": norm[~correct].mean(),
        }
        return {name: float(value) for name, value in values.items()}


@torch.inference_mode()
def evaluate(
    network: FeatureNetwork,
    loss: Loss,
    split: DeviceSplit,
    normalize: Normalizer,
    *,
    autocast: torch.dtype | None,
) -> Samples:
    """Evaluate every image of a split, in order, with the modules in evaluation mode."""
    device = split.labels.device
    modes = network.training, loss.training
    network.eval()
    loss.eval()
    parts: list[tuple[Tensor, Tensor, Tensor, Tensor]] = []
    for start in range(0, len(split), EVALUATION_BATCH):
        chosen = slice(start, start + EVALUATION_BATCH)
        images, labels = split.images[chosen], split.labels[chosen]
        with torch.autocast(device.type, autocast, enabled=autocast is not None):
            features = network(normalize(images))
        features = features.float()
        logits = loss.logits(features).float()
        each = F.cross_entropy(logits, labels, reduction="none")
        parts.append((logits.argmax(1), each, features.norm(dim=1), features))
    network.train(modes[0])
    loss.train(modes[1])
    prediction, each, norm, features = (torch.cat(part).cpu() for part in zip(*parts, strict=True))
    return Samples(split.labels.cpu(), prediction, each, norm, features)


@torch.inference_mode()
def extract_features(
    network: FeatureNetwork,
    images: npt.NDArray[np.uint8],
    normalize: Normalizer,
    device: torch.device,
    *,
    autocast: torch.dtype | None,
) -> npt.NDArray[np.float32]:
    """Return the features (images, D) of images (images, channels, height, width).

    The images go to the device in batches: a test by pairs may have many of them.
    """
    training = network.training
    network.eval()
    parts: list[Tensor] = []
    for start in range(0, len(images), EVALUATION_BATCH):
        # A copy, because arrays that processes share are read-only.
        batch = torch.from_numpy(images[start : start + EVALUATION_BATCH].copy()).to(device)
        with torch.autocast(device.type, autocast, enabled=autocast is not None):
            features = network(normalize(batch))
        parts.append(features.float().cpu())
    network.train(training)
    return torch.cat(parts).numpy()
