"""Which sets there are: where their files lie, how a split is read, what torchvision calls them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from incay.trainables.data.images.damage import Problem
from incay.trainables.data.images.encoded import EncodedSplit


class ArraySplit(NamedTuple):
    """A split whose files hold pixels."""

    images: npt.NDArray[np.uint8]
    """(count, channels, height, width)."""
    labels: npt.NDArray[np.int64]
    """(count,)."""
    class_names: tuple[str, ...] | None
    """None where the files do not say."""
    problems: tuple[Problem, ...] = ()
    """None: pixels that lie in the files need no decoder."""


Read = Callable[[Path, bool], "ArraySplit | EncodedSplit"]
"""Reads the training (true) or the test split of a set below a root."""


@dataclass(frozen=True, kw_only=True)
class Layout:
    """How a set lies on disk.

    Attributes:
        files: Where the files lie, below the data root, as patterns: all of them, and only they,
            are hashed.
        read: Reads a split.
        counts: Training and test images as published.
        fetched: The arguments of torchvision's class for each part that is downloaded.
        mixed: Whether its images have several sizes.
        torchvision: Its class in ``torchvision.datasets``, where not called as the set.
    """

    files: tuple[str, ...]
    read: Read
    counts: tuple[int, int]
    fetched: tuple[Mapping[str, Any], ...] = ({"split": "train"}, {"split": "test"})
    mixed: bool = False
    torchvision: str = ""
