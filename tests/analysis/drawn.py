"""What a made-up model leaves beside its record, written by what writes it for trained ones."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import torch
from torch import nn

from incay.trainables.faces.protocol import FoldedScores
from incay.trainables.faces.verification import FaceResult, FaceVerification
from incay.trainables.measures import Outside, Records
from incay.trainables.metrics import TEST, VALIDATION
from incay.trainables.store.measured import measured_tables
from incay.trainables.training.evaluate import Samples
from incay.trainables.worker.measuring.classes import class_columns
from incay.trainables.worker.recording import samples_table
from incay.trainables.worker.weights import weight_histograms

LAYERS = ("conv0", "conv1")
"""The layers of `drawn_weights`, besides the classifier."""
_UNSTORED = 4  # features of so many dimensions are not kept


def samples_of(
    label: Sequence[int] | npt.NDArray[np.integer],
    prediction: Sequence[int] | npt.NDArray[np.integer],
    *,
    loss: npt.NDArray[np.floating] | None = None,
    norm: npt.NDArray[np.floating] | None = None,
    features: npt.NDArray[np.floating] | None = None,
    split: str = TEST,
    records: Records | None = None,
) -> pa.Table:
    """Return per-sample records of N images; what is not given is 0, and features are not kept."""
    count = len(label)

    def tensor(values: npt.NDArray[np.floating] | None, *shape: int) -> torch.Tensor:
        given = np.zeros(shape) if values is None else values
        return torch.tensor(np.asarray(given), dtype=torch.float32)

    samples = Samples(
        label=torch.tensor(np.asarray(label), dtype=torch.int64),
        prediction=torch.tensor(np.asarray(prediction), dtype=torch.int64),
        loss=tensor(loss, count),
        norm=tensor(norm, count),
        features=tensor(features, count, _UNSTORED),
    )
    return samples_table(split, samples, records)


def drawn_samples(
    seed: int, scale: float, wrong: float, images: int = 600, classes: int = 10
) -> pa.Table:
    """Return per-sample records of a made-up two-dimensional model.

    Args:
        seed: Draws them.
        scale: Mean feature norm.
        wrong: Share of images that are wrong; they tend to have short features.
        images: How many.
        classes: How many.
    """
    random = np.random.default_rng(seed)
    label = np.arange(images) % classes
    norm = random.gamma(9.0, scale / 9.0, images)
    rank = np.argsort(np.argsort(norm + random.normal(0.0, 0.6 * scale, images)))
    misses = rank < wrong * images
    prediction = np.where(misses, (label + random.integers(1, classes, images)) % classes, label)
    angle = 2.0 * np.pi * (prediction + random.normal(0.0, 0.12, images)) / classes
    features = np.stack([norm * np.cos(angle), norm * np.sin(angle)], axis=1)
    loss = np.where(misses, 2.0, 0.1)
    return samples_of(
        label,
        prediction,
        loss=loss,
        norm=norm,
        features=features,
        records=_answers(label, prediction, loss, norm, features, classes),
    )


def drawn_classes(seed: int, images: int = 60, classes: int = 10) -> pa.Table:
    """Return what is recorded of the classes of a made-up two-dimensional model."""
    random = np.random.default_rng(seed)
    label = np.arange(images) % classes
    features = _directions(classes)[label] + random.normal(0.0, 0.1, (images, 2))
    found = class_columns(features.astype(np.float32), label, _directions(classes))
    zeros = np.zeros(images, np.float32)
    records = Records(label=label, prediction=label, loss=zeros, norm=zeros, **found)
    return measured_tables({VALIDATION: records, TEST: records})["classes"]


def drawn_outside(seed: int, scale: float, images: int = 200) -> pa.Table:
    """Return what a made-up model says of images out of distribution, of a mean norm."""
    random = np.random.default_rng(seed)
    norm = random.gamma(4.0, scale / 4.0, images)
    other = Outside(norm=norm, max_logit=0.9 * norm, log_confidence=-random.random(images))
    label = np.zeros(1, np.int64)
    records = Records(
        label=label,
        prediction=label,
        loss=np.zeros(1),
        norm=np.zeros(1),
        outside={"shuffled": other},
    )
    return measured_tables({TEST: records})["outside"]


def _answers(
    label: npt.NDArray[np.integer],
    prediction: npt.NDArray[np.integer],
    loss: npt.NDArray[np.floating],
    norm: npt.NDArray[np.floating],
    features: npt.NDArray[np.floating],
    classes: int,
) -> Records:
    """Return what is measured of images whose logits are their features' at a circle of weights."""
    logits = features @ _directions(classes).T
    log = logits - np.logaddexp.reduce(logits, axis=1, keepdims=True)
    target = logits[np.arange(len(label)), label]
    cosines = np.divide(logits, norm[:, None], where=norm[:, None] > 0, out=np.zeros_like(logits))
    mine = np.arange(classes) == label[:, None]
    return Records(
        label=label,
        prediction=prediction,
        loss=loss,
        norm=norm,
        max_logit=logits.max(axis=1),
        log_confidence=log.max(axis=1),
        squares=np.exp(2.0 * log).sum(axis=1),
        target_cosine=cosines[mine],
        other_cosine=np.where(mine, -np.inf, cosines).max(axis=1),
        rank=(logits > target[:, None]).sum(axis=1) + 1,
        nearest=prediction,
        tempered_loss=loss,
        tempered_log_confidence=log.max(axis=1),
        tempered_squares=np.exp(2.0 * log).sum(axis=1),
        temperature=np.ones(1),
    )


def _directions(classes: int) -> npt.NDArray[np.float64]:
    """Return weights (K, 2) of unit length at equal angles."""
    angle = 2.0 * np.pi * np.arange(classes) / classes
    return np.stack([np.cos(angle), np.sin(angle)], axis=1)


def drawn_history(
    seed: int, error: float, norm: float, reports: int = 12, term: str = "cross_entropy"
) -> list[dict[str, float]]:
    """Return reports that fall to an error and rise to a norm.

    Args:
        seed: Draws their noise.
        error: Of the test split, at the end.
        norm: Mean ‖f‖, at the end.
        reports: How many.
        term: The term of the objective that classifies.
    """
    random = np.random.default_rng(seed)
    history = []
    for report in range(1, reports + 1):
        rest = float(np.exp(-3.0 * report / reports))
        noise = float(random.normal(0.0, 0.1))
        history.append(
            {
                "step": 1000.0 * report,
                f"train.{term}": 2.3 * rest,
                "train.loss": 2.3 * rest + 0.01,
                "train.error": 60.0 * rest,
                "train.norm": norm * (1.1 - rest),
                "test.error": error + 60.0 * rest + noise,
                "test.loss": 0.3 + 2.0 * rest + 0.1 * noise,
                "test.norm": norm * (1.0 - rest),
                **{f"test.nc{each}": 0.2 * each + rest for each in (1, 2, 3, 4)},
            }
        )
    return history


def drawn_weights(seed: int, final: float, initial: float = 0.2) -> pa.Table:
    """Return histograms of weights that training took from one standard deviation to another."""
    return pa.concat_tables(
        [_histograms(seed, initial, "initial"), _histograms(seed, final, "final")]
    )


def _histograms(seed: int, deviation: float, moment: str) -> pa.Table:
    generator = torch.Generator().manual_seed(seed)
    network, loss = nn.Module(), nn.Module()
    for layer in LAYERS:
        setattr(network, layer, nn.Linear(20, 20, bias=False))
    loss.weight = nn.Parameter(torch.empty(10, 20))
    for module in (network, loss):
        for weight in module.parameters():
            nn.init.normal_(weight, std=deviation, generator=generator)
    return weight_histograms(network, loss, moment)


def scored_pairs(
    score: npt.NDArray[np.float64], same: npt.NDArray[np.bool_]
) -> dict[str, pa.Table]:
    """Return what a test by pairs leaves, of pairs with these scores; by the tables' names."""
    count = len(score)
    index = np.arange(count)
    pairs = FaceVerification(
        images=np.zeros((2 * count, 1, 1, 1), dtype=np.uint8),
        first=index,
        second=index + count,
        same=same,
        fold=index % 2,
    )
    folded = FoldedScores(score, np.zeros(2), np.full(2, 0.5))
    return FaceResult(pairs, np.zeros((2 * count, 4), dtype=np.float32), folded).tables()
