"""From features and plain logits to what is recorded of each image.

A network's pass is not repeated: logits are made again of the features that evaluation has kept.

Shape suffixes: N images, B images of a block, D feature dimension, K classes.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from incay.trainables.losses.modules.base import Loss
from incay.trainables.worker.measuring.temperature import fitted_inverse

_AT_ONCE = 2**20
"""Logits of a block, at most; a temperature is fitted on no more than four times as many."""
_SEED = 23

Columns = dict[str, Any]


class Scored:
    """A split's features with the logits that a loss makes of them, in blocks.

    Args:
        loss: As it is now, in evaluation mode.
        features_ND: float32, on the CPU.
        device: Where the loss is.
        classes: K.
    """

    def __init__(self, loss: Loss, features_ND: Tensor, device: torch.device, classes: int) -> None:
        self.features_ND = features_ND
        self.device = device
        self._loss = loss
        self._rows = max(1, _AT_ONCE // classes)

    def __len__(self) -> int:
        return len(self.features_ND)

    def blocks(self) -> Iterator[tuple[slice, Tensor, Tensor]]:
        """Yield where each block lies, its features and its logits (B, K), float64."""
        for start in range(0, len(self), self._rows):
            where = slice(start, start + self._rows)
            features_BD = self.features_ND[where].to(self.device)
            yield where, features_BD, self._loss.logits(features_BD).double()

    def cosines(self, features_BD: Tensor, vectors_KD: Tensor | None) -> Tensor | None:
        """Return cos(f, w_k) of a block (B, K); None where the loss has no class vectors.

        A loss whose classes have several vectors tells them by a method ``cosines``.
        """
        own = getattr(self._loss, "cosines", None)
        if callable(own):
            told: Tensor = own(features_BD)
            return told.float().clamp(-1.0, 1.0)
        if vectors_KD is None:
            return None
        unit_BD = torch.nn.functional.normalize(features_BD.float(), dim=1)
        unit_KD = torch.nn.functional.normalize(vectors_KD.float(), dim=1)
        return (unit_BD @ unit_KD.T).clamp_(-1.0, 1.0)

    def inverse_temperature(self, label_N: Tensor, chosen: npt.NDArray[np.int64]) -> float:
        """Return 1/T fitted on some images, of very many classes on the first of them."""
        if not len(chosen):
            return 1.0
        index = torch.from_numpy(chosen[: 4 * self._rows])
        parts = [
            self._loss.logits(self.features_ND[index[start : start + self._rows]].to(self.device))
            for start in range(0, len(index), self._rows)
        ]
        return fitted_inverse(torch.cat(parts).double(), label_N[index].to(self.device))


def cross_fitted(scored: Scored, label_N: Tensor) -> tuple[Tensor, list[float]]:
    """Return 1/T of each image (N,), fitted on the half of the images that it is not in, and both.

    The halves are drawn, the same ones each time.
    """
    order = np.random.default_rng(_SEED).permutation(len(scored))
    halves = order[: len(order) // 2], order[len(order) // 2 :]
    inverse_N = torch.ones(len(scored), dtype=torch.float64)
    found = []
    for half, other in (halves, halves[::-1]):
        found.append(scored.inverse_temperature(label_N, other))
        inverse_N[torch.from_numpy(half)] = found[-1]
    return inverse_N, found


def sample_columns(
    scored: Scored, label_N: Tensor, inverse_N: Tensor, vectors_KD: Tensor | None
) -> Columns:
    """Return what `incay.trainables.measures.Records` holds of each image, but `nearest`.

    Args:
        scored: The images.
        label_N: Their classes.
        inverse_N: 1/T of each.
        vectors_KD: The classifier's weights, by which there are cosines.
    """
    parts: dict[str, list[Tensor]] = {}
    for where, features_BD, logits_BK in scored.blocks():
        label_B = label_N[where].to(scored.device)
        found = {
            **_of_logits(logits_BK, label_B),
            **_tempered(logits_BK, label_B, inverse_N[where].to(scored.device)),
        }
        cosine_BK = scored.cosines(features_BD, vectors_KD)
        if cosine_BK is not None:
            found |= _cosines(cosine_BK, label_B)
        for name, values in found.items():
            parts.setdefault(name, []).append(values)
    return {name: torch.cat(values).cpu().numpy() for name, values in parts.items()}


def outside_columns(scored: Scored) -> Columns:
    """Return what `incay.trainables.measures.Outside` holds of images of no class."""
    parts = [
        (logits_BK.amax(dim=1).float(), torch.log_softmax(logits_BK, dim=1).amax(dim=1).float())
        for _, _, logits_BK in scored.blocks()
    ]
    logit_N, confidence_N = (torch.cat(each).cpu().numpy() for each in zip(*parts, strict=True))
    norm_N = scored.features_ND.norm(dim=1).numpy()
    return {"norm": norm_N, "max_logit": logit_N, "log_confidence": confidence_N}


def _of_logits(logits_BK: Tensor, label_B: Tensor) -> Mapping[str, Tensor]:
    log_BK = torch.log_softmax(logits_BK, dim=1)
    target_B1 = logits_BK.gather(1, label_B.unsqueeze(1))
    return {
        "max_logit": logits_BK.amax(dim=1).float(),
        "log_confidence": log_BK.amax(dim=1).float(),
        "squares": (2.0 * log_BK).exp().sum(dim=1).float(),
        "rank": (logits_BK >= target_B1).sum(dim=1).int(),
    }


def _tempered(logits_BK: Tensor, label_B: Tensor, inverse_B: Tensor) -> Mapping[str, Tensor]:
    log_BK = torch.log_softmax(logits_BK * inverse_B.unsqueeze(1), dim=1)
    return {
        "tempered_loss": -log_BK.gather(1, label_B.unsqueeze(1)).squeeze(1).float(),
        "tempered_log_confidence": log_BK.amax(dim=1).float(),
        "tempered_squares": (2.0 * log_BK).exp().sum(dim=1).float(),
    }


def _cosines(cosine_BK: Tensor, label_B: Tensor) -> Mapping[str, Tensor]:
    """Return the cosines to the true class and to the best other one; 0 without a direction."""
    target_B1 = cosine_BK.gather(1, label_B.unsqueeze(1))
    others_BK = cosine_BK.scatter(1, label_B.unsqueeze(1), -torch.inf)
    other_B = others_BK.amax(dim=1)
    return {"target_cosine": target_B1.squeeze(1), "other_cosine": other_B}
