"""Pairs of drawn images: within a class and between two.

All pairs of N images take O(N²D). The images are drawn when a trial is measured, the same number of
each class, so that all pairs of a kind count alike.

Shape suffixes: S drawn images, D feature dimension.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from incay.trainables.measures.records import Floats, Integers, Records

NEEDS = ("drawn_label", "drawn_feature")
MOST = 1_000
"""Images that are drawn of a split, at most."""
FEWEST = 10
"""Images of each class that is drawn, where it has as many; with many classes, some are drawn."""
_SEED = 23


class Pairs(NamedTuple):
    """A number of each pair.

    Attributes:
        within: Pairs of one class.
        between: Pairs of two.
    """

    within: Floats
    between: Floats


def draw(label: Integers) -> Integers:
    """Return which images of a split are drawn: the same ones each time.

    Args:
        label: (N,), of all of its images.
    """
    generator = np.random.default_rng(_SEED)
    classes = np.unique(label)
    each = max(FEWEST, MOST // max(1, len(classes)))
    if len(classes) * each > MOST:
        classes = np.sort(generator.choice(classes, MOST // each, replace=False))
    order = np.argsort(label, kind="stable")
    first = np.searchsorted(label[order], classes)
    last = np.searchsorted(label[order], classes, side="right")
    drawn = [
        generator.permutation(order[start:end])[:each]
        for start, end in zip(first, last, strict=True)
    ]
    return np.concatenate([np.empty(0, np.int64), *drawn]).astype(np.int64)


def distances(records: Records, *, unit: bool = False) -> Pairs:
    """Return ‖f_i − f_j‖ of all drawn pairs.

    Args:
        records: With drawn features.
        unit: Whether features are taken at unit length.
    """
    return records.once(_distances, unit)


def angles(records: Records) -> Pairs:
    """Return the angles of all drawn pairs, in degrees."""
    return records.once(_angles)


def _distances(records: Records, unit: bool) -> Pairs:
    label, features = _drawn(records, unit)
    squared = (features**2).sum(axis=1)
    product = features @ features.T
    product *= -2.0
    product += squared[:, None]
    product += squared[None, :]
    return _parted(np.sqrt(product.clip(0.0, out=product), out=product), label)


def _angles(records: Records) -> Pairs:
    label, features = _drawn(records, unit=True)
    cosine = (features @ features.T).clip(-1.0, 1.0)
    return _parted(np.degrees(np.arccos(cosine)), label)


def _drawn(records: Records, unit: bool) -> tuple[Integers, Floats]:
    assert records.drawn_label is not None
    assert records.drawn_feature is not None
    features = records.drawn_feature.astype(np.float64)
    if unit:
        length = np.linalg.norm(features, axis=1, keepdims=True)
        features = np.divide(features, length, where=length > 0.0, out=np.zeros_like(features))
    return records.drawn_label, features


def _parted(numbers: Floats, label: Integers) -> Pairs:
    above = np.triu_indices(len(label), 1)
    same = label[above[0]] == label[above[1]]
    pairs = numbers[above]
    return Pairs(pairs[same], pairs[~same])
