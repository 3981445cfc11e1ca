"""How long a trial trains: in ``steps``, or in ``epochs``, which is another way of saying them.

A trial knows steps alone. Epochs become steps when a study is read, by the number of training
images that its data set is published with, so that a study means the same wherever it is read.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping
from typing import Any

from incay.study.errors import shown
from incay.study.spec.overlay import merge
from incay.study.spec.settings import ValueProblem, build_trial
from incay.study.spec.words import EPOCHS
from incay.trainables.config import MOST_STEPS
from incay.trainables.data import DataError, DatasetSettings
from incay.trainables.names import BATCH_SIZE, STEPS, look_up, nest

OTHER_WAY = {STEPS: EPOCHS, EPOCHS: STEPS}
"""Either replaces the other where an arm or ``--set`` gives it over what the base has."""
_WARMUP = "schedule.warmup"
_IN_EPOCHS = re.compile(r"\s*(?P<epochs>\d+(\.\d+)?)\s+epochs?\s*")


def lay_over(base: Mapping[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    """Return `base` with `over` laid over it: a length in one unit replaces that in the other.

    Raises:
        ValueProblem: One of the two gives both.
    """
    for values in (base, over):
        if STEPS in values and EPOCHS in values:
            raise ValueProblem((EPOCHS,), "either steps or epochs must be given, but both are")
    return merge({key: base[key] for key in base if OTHER_WAY.get(key) not in over}, over)


def in_steps(values: Mapping[str, Any], searched: Iterable[str]) -> dict[str, Any]:
    """Return a trial's values with its epochs as steps, the last one whole; so with its warm-up.

    Args:
        values: Nested values, as a study gives them.
        searched: The settings whose values a search chooses, by dotted name.

    Raises:
        ValueProblem: Epochs are no positive number, or do not say how many steps they are.
    """
    rest = {key: value for key, value in values.items() if key != EPOCHS}
    rest, warmup = _without_warmup(rest)
    if EPOCHS in values:
        rest = {**rest, STEPS: _steps(rest, values[EPOCHS], searched, (EPOCHS,))}
    if warmup is None:
        return rest
    steps = _steps(rest, warmup, searched, tuple(_WARMUP.split(".")))
    return merge(rest, nest({_WARMUP: steps}))


def _without_warmup(values: Mapping[str, Any]) -> tuple[dict[str, Any], float | None]:
    """Return values without a warm-up in epochs, and how many epochs it has."""
    match = _IN_EPOCHS.fullmatch(str(look_up(values, _WARMUP)))
    if match is None:
        return dict(values), None
    return merge(values, nest({_WARMUP: 0})), float(match["epochs"])


def _steps(
    rest: Mapping[str, Any], epochs: Any, searched: Iterable[str], path: tuple[str, ...]
) -> int:
    """Return how many steps some epochs are, the last one whole.

    Args:
        rest: The values beside them.
        epochs: As given.
        searched: The settings whose values a search chooses, by dotted name.
        path: Where they stand.
    """
    what = ".".join(path)
    problem = ""
    if isinstance(epochs, bool) or not isinstance(epochs, int | float):
        problem = f"{what} must be a number, but got {shown(epochs)}"
    elif not 0 < epochs < math.inf:
        problem = f"{what} must be above 0, but got {shown(epochs)}"
    elif BATCH_SIZE in searched:
        problem = f"a study that searches {BATCH_SIZE} must give steps, but gives epochs"
    if problem:
        raise ValueProblem(path, problem)
    config = build_trial(rest)
    images = _training_images(config.dataset)
    if images is None:
        raise ValueProblem(
            path,
            "steps must be given (epochs x training images / batch_size) where the number of "
            f"images is not known beforehand, as for {config.dataset.name!r}, but epochs are",
        )
    most = MOST_STEPS * config.batch_size / images
    if epochs > most:
        raise ValueProblem(
            path, f"{what} must be at most {most:,.0f} (10^9 steps), but are {shown(epochs)}"
        )
    steps: int = math.ceil(epochs * images / config.batch_size)
    return steps


def _training_images(dataset: DatasetSettings) -> int | None:
    """Return how many training images a set has, None where only its files could tell."""
    if dataset.published_counts is not None:
        return dataset.published_counts[0]
    try:
        return len(dataset.load(None).train.labels)  # one that needs no files
    except DataError:
        return None
