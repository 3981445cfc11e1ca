"""The names of what trials report, each with its unit and the direction that is better.

A metric is named ``SPLIT.QUANTITY``: ``train.error``, ``val.norm``, ``test.ood.norm.auroc``. What
is evaluated of validation and test is `EVALUATED` (of a test by pairs, `VERIFIED`) and all measures
that are registered (`incay.trainables.measures`); training reports `TRAINED` and the mean of each
term of the objective, ``train.cross_entropy`` or ``train.incay``.
Reports also hold `ABOUT_REPORTS`, which are of no split.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

from incay.trainables.measures import Measure, measures
from incay.trainables.measures.computing import is_quick

TRAIN, VALIDATION, TEST = "train", "val", "test"
SPLITS = {TRAIN: "training", VALIDATION: "validation", TEST: "test"}
"""Splits by the word that begins a metric's name, as a reader would call them."""

POINTS = "points"
"""Unit of a difference of percentages."""


@dataclass(frozen=True, kw_only=True)
class Quantity:
    """What is measured of a split.

    Attributes:
        name: Its word in metrics' names.
        title: What readers call it.
        unit: Of its values; empty where they have none.
        better: Its better direction; None where none is better in itself, as of a norm.
        symbol: How it is written in short; empty where its title is short.
        decimals: Digits that are printed after the point.
        most: Its largest value.
        worst: The value that a diverged trial counts with where a study says so; None where there
            is none.
    """

    name: str
    title: str
    unit: str = ""
    better: Literal["less", "more"] | None = None
    symbol: str = ""
    decimals: int = 2
    most: float = math.inf
    worst: float | None = None

    def of(self, split: str) -> str:
        """Return the metric's name for a split."""
        return f"{split}.{self.name}"

    @property
    def heading(self) -> str:
        """Title and unit."""
        return f"{self.title} ({self.unit})" if self.unit else self.title

    @property
    def short(self) -> str:
        """Its symbol, or its title where it has none."""
        return self.symbol or self.title

    @property
    def difference_unit(self) -> str:
        """Unit of differences: those of percentages are points."""
        return POINTS if self.unit == "%" else self.unit


ERROR = Quantity(name="error", title="error", unit="%", better="less", most=100.0, worst=100.0)
ACCURACY = Quantity(name="accuracy", title="accuracy", unit="%", better="more", most=100.0)
"""100 - error; never recorded."""
LOSS = Quantity(name="loss", title="loss", better="less", decimals=4)
"""Of an evaluated split the mean cross entropy of plain logits; of training the objective."""
NORM = Quantity(name="norm", title="mean ‖f‖", symbol="‖f‖")
NORM_CORRECT = Quantity(name="norm_correct", title="mean ‖f‖ of images classified correctly")
NORM_WRONG = Quantity(name="norm_wrong", title="mean ‖f‖ of images classified wrongly")

EVALUATED = (ERROR, LOSS, NORM, NORM_CORRECT, NORM_WRONG)
"""What an evaluation of images measures."""
VERIFIED = (
    ERROR,
    Quantity(name="error_se", title="standard error of the folds' mean error", unit=POINTS),
    Quantity(name="auc", title="area under the ROC curve", unit="%", better="more", most=100.0),
    Quantity(name="eer", title="equal error rate", unit="%", better="less", most=100.0),
    Quantity(name="tar_at_far_1e-2", title="TAR at FAR 1e-2", unit="%", better="more", most=100.0),
    Quantity(name="tar_at_far_1e-3", title="TAR at FAR 1e-3", unit="%", better="more", most=100.0),
    NORM,
)
"""What a test by pairs measures."""
TRAINED = (LOSS, ERROR, NORM)
"""What training measures besides the terms of its objective."""

CLASSIFICATION_TERMS = ("cross_entropy", "hinge", "binary_cross_entropy", "dot_regression")
"""The term of the objective that classifies; a loss has one of them."""
INCAY_TERM = "incay"

STEP, LEARNING_RATE, SPEED = "step", "lr", "images_per_second"
ABOUT_REPORTS = (STEP, LEARNING_RATE, SPEED)
"""What a report says of itself: steps done, learning rate, training images per second."""

_QUANTITIES = {each.name: each for each in (*VERIFIED, *EVALUATED, ACCURACY)}


def word_of(metric: str) -> str:
    """Return what a metric is called within its split: all of it for what is of none."""
    return metric.partition(".")[2] or metric


def quantity_of(metric: str) -> Quantity | None:
    """Return what a metric measures; None for a term of the objective and what is unknown."""
    word = word_of(metric)
    if word in _QUANTITIES:
        return _QUANTITIES[word]
    return _of_measure(measures[word]) if word in measures else None


def split_of(metric: str) -> str:
    """Return the split of a metric, empty for what is of none."""
    split, dot, _ = metric.partition(".")
    return split if dot else ""


def evaluated(split: str) -> list[str]:
    """Return the metrics of an evaluated split of images, without measures."""
    return [quantity.of(split) for quantity in EVALUATED]


def measured(split: str) -> list[str]:
    """Return the measures that a finished trial may have of a split of images."""
    return [f"{split}.{name}" for name in measures]


def reported(split: str) -> list[str]:
    """Return the metrics that every report has of a validation split, measures among them."""
    quick = [f"{split}.{name}" for name, measure in measures.items() if is_quick(measure)]
    return evaluated(split) + quick


def all_quantities() -> dict[str, Quantity]:
    """Return everything that can be asked of a split of images, by name."""
    found = {name: _of_measure(measure) for name, measure in measures.items()}
    return {**found, **{each.name: each for each in (*EVALUATED, ACCURACY)}}


def _of_measure(measure: type[Measure]) -> Quantity:
    return Quantity(
        name=measure.name,
        title=measure.title,
        unit=measure.unit,
        better=measure.better,
        symbol=measure.symbol,
        decimals=measure.decimals,
        most=measure.most,
    )
