"""Labels as a network needs them: 0 … K−1, whatever numbers the files have."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from incay.trainables.data.base import DataError

_NAMED = 5


class Numbered(NamedTuple):
    """The labels of both splits, in [0, classes)."""

    train: npt.NDArray[np.int64]
    test: npt.NDArray[np.int64]
    class_names: tuple[str, ...]
    note: str
    """What was changed; empty where nothing was."""


def number_labels(
    train: npt.NDArray[np.int64], test: npt.NDArray[np.int64], names: tuple[str, ...] | None
) -> Numbered:
    """Return labels that count the classes of the training split from 0.

    Args:
        train: Labels as they are stored.
        test: The same of the test split.
        names: The classes in order, where the files name them: labels then are places among them.

    Raises:
        DataError: A label is no place among the names; or is negative, which by custom stands
            for none; or one of the test split is none of the training split's.
    """
    if names is not None:
        for split, labels in (("train", train), ("test", test)):
            if labels.size and not 0 <= labels.min() <= labels.max() < len(names):
                raise DataError(
                    f"{split} labels must lie in [0, {len(names)}), the places of the class names "
                    f"in the files, but got values in [{labels.min()}, {labels.max()}]"
                )
        return Numbered(train, test, names, "")
    classes = np.unique(train)
    for split, labels in (("training", train), ("test", test)):
        if labels.size and labels.min() < 0:
            raise DataError(
                f"{split} labels must be 0 or more, but {int((labels < 0).sum()):,} are negative "
                f"({labels.min()}), which by custom stands for an image without a label"
            )
    unknown = np.setdiff1d(test, classes)
    if len(unknown):
        raise DataError(
            f"test labels must occur in the training split, but {_listed(unknown)} "
            f"{'does' if len(unknown) == 1 else 'do'} not"
        )
    note = ""
    if classes[-1] != len(classes) - 1:
        note = (
            f"labels are not 0 to {len(classes) - 1}: {_listed(classes)} became the classes 0 to "
            f"{len(classes) - 1} in this order, and are their names"
        )
    return Numbered(
        np.searchsorted(classes, train).astype(np.int64),
        np.searchsorted(classes, test).astype(np.int64),
        tuple(str(label) for label in classes),
        note,
    )


def _listed(labels: npt.NDArray[np.int64]) -> str:
    first = ", ".join(str(label) for label in labels[:_NAMED])
    return first + (f" and {len(labels) - _NAMED:,} more" if len(labels) > _NAMED else "")
