"""What a trainer has evaluated, as records, and the measures of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
import torch

from incay.trainables.data.outside import Images
from incay.trainables.measures import Outside, Records
from incay.trainables.measures.computing import computed
from incay.trainables.measures.pairs import draw
from incay.trainables.measures.settings import SHUFFLED
from incay.trainables.metrics import TEST, TRAIN, VALIDATION
from incay.trainables.training.evaluate import Samples
from incay.trainables.training.opened import OpenTrainer
from incay.trainables.worker.measuring.classes import class_columns
from incay.trainables.worker.measuring.logits import (
    Scored,
    cross_fitted,
    outside_columns,
    sample_columns,
)

_SEED = 23


@dataclass(frozen=True)
class Measured:
    """What was measured of a trainer after a report.

    Attributes:
        metrics: By name, such as ``test.ece``.
        records: By split.
        failures: Why a measure raised an error, by the metric's name.
    """

    metrics: Mapping[str, float] = field(default_factory=dict)
    records: Mapping[str, Records] = field(default_factory=dict)
    failures: Mapping[str, str] = field(default_factory=dict)


def measure_report(trainer: OpenTrainer, outside: Mapping[str, Images] | None = None) -> Measured:
    """Return what is measured at every report: of validation, what takes no class means.

    At the last report, and where ``measure.reports`` asks for it at each, that is everything that
    can be measured of what is open.

    Args:
        trainer: After a report.
        outside: Images of the sets that ``measure.ood`` names, by name.
    """
    settings = trainer.config.measure
    if trainer.finished or settings.reports:
        records = dict(_everything(trainer, outside or {}))
        return _measured(records)
    samples = trainer.validated()
    if samples is None:
        return Measured()
    records = {VALIDATION: Records(**_answers(samples), **_of_samples(trainer, samples))}
    return _measured(records, every_report=True)


def _measured(records: Mapping[str, Records], *, every_report: bool = False) -> Measured:
    metrics: dict[str, float] = {}
    failures: dict[str, str] = {}
    for split, each in records.items():
        found = computed(each, every_report=every_report)
        metrics |= {f"{split}.{name}": value for name, value in found.values.items()}
        failures |= {f"{split}.{name}": why for name, why in found.failures.items()}
    return Measured(metrics, records, failures)


def _everything(
    trainer: OpenTrainer, outside: Mapping[str, Images]
) -> Iterator[tuple[str, Records]]:
    """Yield the records of each split that is open."""
    validated, tested = trainer.validated(), trainer.tested()
    if validated is not None:
        others = _outside(trainer, VALIDATION, outside)
        yield VALIDATION, _whole(trainer, validated, others)
    if tested is not None:
        others = _outside(trainer, TEST, outside)
        yield TEST, _whole(trainer, tested, others, validated)
    if trainer.config.measure.train:
        yield TRAIN, _whole(trainer, trainer.trained(), None)


def _whole(
    trainer: OpenTrainer,
    samples: Samples,
    outside: Mapping[str, Outside] | None,
    fitted_on: Samples | None = None,
) -> Records:
    found = _of_samples(trainer, samples, fitted_on)
    features, label = samples.features.numpy(), samples.label.numpy()
    vectors = trainer.class_vectors()
    classes = class_columns(features, label, None if vectors is None else vectors.cpu().numpy())
    drawn = draw(label)
    return Records(
        **_answers(samples),
        **found,
        **classes,
        drawn_label=label[drawn],
        drawn_feature=features[drawn].astype(np.float64),
        outside=outside,
    )


def _answers(samples: Samples) -> dict[str, Any]:
    names = ("label", "prediction", "loss", "norm")
    return {name: getattr(samples, name).numpy() for name in names}


def _of_samples(
    trainer: OpenTrainer, samples: Samples, fitted_on: Samples | None = None
) -> dict[str, Any]:
    """Return the columns of a split, with temperatures fitted on others than the images judged."""
    vectors = trainer.class_vectors()
    with trainer.scoring() as loss:
        scored = Scored(loss, samples.features, trainer.device, trainer.num_classes)
        if fitted_on is None:
            inverse, found = cross_fitted(scored, samples.label)
        else:
            other = Scored(loss, fitted_on.features, trainer.device, trainer.num_classes)
            order = np.random.default_rng(_SEED).permutation(len(other))
            found = [other.inverse_temperature(fitted_on.label, order)]
            inverse = torch.full((len(scored),), found[0], dtype=torch.float64)
        columns = sample_columns(scored, samples.label, inverse, vectors)
    return {**columns, "temperature": 1.0 / np.array(found)}


def _outside(
    trainer: OpenTrainer, split: str, others: Mapping[str, Images]
) -> dict[str, Outside] | None:
    if not trainer.config.measure.ood:
        return None
    found = {}
    for name in trainer.config.measure.ood:
        images = _shuffled(trainer.images(split)) if name == SHUFFLED else others[name]
        features = trainer.features_of(images)
        with trainer.scoring() as loss:
            scored = Scored(loss, features, trainer.device, trainer.num_classes)
            found[name] = Outside(**outside_columns(scored))
    return found


def _shuffled(images: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    """Return images with the pixels of each in another order, all channels alike."""
    flat = images.reshape(*images.shape[:2], -1)
    generator = np.random.default_rng(_SEED)
    order = generator.permuted(np.tile(np.arange(flat.shape[2]), (len(flat), 1)), axis=1)
    return np.take_along_axis(flat, order[:, None, :], axis=2).reshape(images.shape)
