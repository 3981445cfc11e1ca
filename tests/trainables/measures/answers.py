"""Made-up answers of a network, and their records: by the functions that a worker uses."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from incay.trainables.losses.softmax import SoftmaxSettings
from incay.trainables.measures import Records
from incay.trainables.measures.pairs import draw
from incay.trainables.worker.measuring.classes import class_columns
from incay.trainables.worker.measuring.logits import Scored, cross_fitted, sample_columns


class Answers(NamedTuple):
    """Features, weights and labels, and the float64 logits that follow."""

    features: Tensor
    weights: Tensor
    label: Tensor

    @property
    def logits(self) -> npt.NDArray[np.float64]:
        product: npt.NDArray[np.float64] = (self.features @ self.weights.T).double().numpy()
        return product

    @property
    def probabilities(self) -> npt.NDArray[np.float64]:
        power = np.exp(self.logits - self.logits.max(axis=1, keepdims=True))
        shares: npt.NDArray[np.float64] = power / power.sum(axis=1, keepdims=True)
        return shares

    def records(self, **changed: Any) -> Records:
        """Return everything that a trial would record of them."""
        classes, dimension = self.weights.shape
        loss = SoftmaxSettings().build(dimension, classes)
        with torch.no_grad():
            loss.weight.copy_(self.weights)
            logits = loss.logits(self.features)
            scored = Scored(loss, self.features, torch.device("cpu"), classes)
            inverse, both = cross_fitted(scored, self.label)
            found: dict[str, Any] = {
                **sample_columns(scored, self.label, inverse, self.weights),
                **class_columns(self.features.numpy(), self.label.numpy(), self.weights.numpy()),
            }
        found["label"] = self.label.numpy()
        found["prediction"] = logits.argmax(dim=1).numpy()
        each = torch.nn.functional.cross_entropy(logits, self.label, reduction="none")
        found["loss"] = each.numpy()
        found["norm"] = self.features.norm(dim=1).numpy()
        found["temperature"] = 1.0 / np.array(both)
        drawn = draw(found["label"])
        found["drawn_label"] = found["label"][drawn]
        found["drawn_feature"] = self.features.numpy()[drawn].astype(np.float64)
        return Records(**{**found, **changed})


def answers(
    seed: int = 0, images: int = 500, classes: int = 7, dimension: int = 12, spread: float = 1.0
) -> Answers:
    """Return classes around random means; the weights are near these, so that most are right."""
    generator = torch.Generator().manual_seed(seed)
    means = torch.randn((classes, dimension), generator=generator)
    label = torch.randint(0, classes, (images,), generator=generator)
    features = means[label] + spread * torch.randn((images, dimension), generator=generator)
    weights = means + 0.3 * torch.randn((classes, dimension), generator=generator)
    return Answers(features, 0.5 * weights, label)


def collapsed(classes: int = 5, each: int = 20, dimension: int = 8) -> Answers:
    """Return a perfect collapse: features are their class means, means and weights a frame."""
    generator = torch.Generator().manual_seed(1)
    turned, _ = torch.linalg.qr(torch.randn((dimension, classes), generator=generator).double())
    frame = (torch.eye(classes).double() - 1.0 / classes) @ turned.T
    label = torch.arange(classes).repeat_interleave(each)
    shifted = 3.0 * frame + torch.ones(dimension).double()
    return Answers(shifted[label].float(), (2.0 * frame).float(), label)
