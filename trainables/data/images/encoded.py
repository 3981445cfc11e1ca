"""Classification sets of encoded images: from their files, or from the cache, to `ImageData`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt

from incay.trainables.data.base import DataError, DatasetSettings, ImageData, Split
from incay.trainables.data.images.cache import Arrays, cached
from incay.trainables.data.images.damage import DamageError, OnDamaged, Problem, settle
from incay.trainables.data.images.decode import Decoded, EncodedImage, PixelFormat, decode_all
from incay.trainables.data.images.labels import number_labels
from incay.trainables.data.images.overlap import compare_images


class ReadSplit(Protocol):
    """What there is of a split beside its images; see `EncodedSplit`."""

    @property
    def labels(self) -> npt.NDArray[np.int64]:
        """(count,)."""
        ...

    @property
    def class_names(self) -> tuple[str, ...] | None:
        """None where the files do not say."""
        ...

    @property
    def problems(self) -> tuple[Problem, ...]:
        """What is damaged or odd, and so is not among the images."""
        ...


@dataclass(frozen=True)
class EncodedSplit:
    """A split as it is stored.

    Attributes:
        images: Not yet decoded.
        labels: (count,).
        class_names: None where the files do not say.
        problems: What is damaged or odd, and so is not among the images.
    """

    images: list[EncodedImage]
    labels: npt.NDArray[np.int64]
    class_names: tuple[str, ...] | None
    problems: tuple[Problem, ...] = ()


@dataclass(frozen=True)
class Listed:
    """What was found out when a set's files were listed, before any was read.

    Attributes:
        problems: Of the training and of the test split.
        notes: What a user must know of.
    """

    problems: tuple[Sequence[Problem], Sequence[Problem]] = ((), ())
    notes: tuple[str, ...] = ()


NOTHING = Listed()


def load_decoded(
    dataset: DatasetSettings,
    content_hash: str,
    pixel_format: PixelFormat,
    read: Callable[[], tuple[EncodedSplit, EncodedSplit]],
    *,
    on_damaged: OnDamaged = "refuse",
    listed: Listed = NOTHING,
) -> ImageData:
    """Return a set of encoded images, decoded or from the cache of decoded ones.

    Args:
        dataset: The set's settings.
        content_hash: Of the set's files.
        pixel_format: What to decode to.
        read: Returns the training and the test split; not called where the cache has them.
        on_damaged: What becomes of damaged and odd images.
        listed: What is known of the files already.

    Raises:
        DataError: Images are damaged or odd, the labels fit no class, or the test images are
            training images.
    """
    known = (*listed.problems[0], *listed.problems[1])
    arrays = settled_or_cached(
        dataset,
        content_hash,
        lambda: _decoded(read(), pixel_format, on_damaged, known),
        known,
        on_damaged,
    )
    counts = arrays["skipped"]
    return ImageData(
        train=Split(arrays["train_images"], arrays["train_labels"]),
        test=Split(arrays["test_images"], arrays["test_labels"]),
        class_names=tuple(str(name) for name in arrays["class_names"]),
        skipped=(
            int(counts[0]) + len(listed.problems[0]),
            int(counts[1]) + len(listed.problems[1]),
        ),
        notes=(*listed.notes, *(str(note) for note in arrays["notes"])),
    )


def settled_or_cached(
    dataset: DatasetSettings,
    content_hash: str,
    make: Callable[[], Arrays],
    known: Sequence[Problem],
    on_damaged: OnDamaged,
) -> Arrays:
    """Return what `make` returns, from the cache where it has it.

    Args:
        dataset: The set's settings.
        content_hash: Of the set's files.
        make: Decodes; names `known` problems beside those that it finds itself.
        known: What is damaged or odd of files that the hash does not cover.
        on_damaged: What becomes of them.

    Raises:
        DataError: There are problems that are not to be skipped: all that `make` finds.
    """
    try:
        settle(known, on_damaged)
    except DamageError as error:
        try:
            make()
        except DataError as further:
            raise (further if isinstance(further, DamageError) else error) from None
        raise
    return cached(dataset, content_hash, make)


def _decoded(
    splits: tuple[EncodedSplit, EncodedSplit],
    pixel_format: PixelFormat,
    on_damaged: OnDamaged,
    known: Sequence[Problem],
) -> Arrays:
    decoded = [decode_all(split.images, pixel_format) for split in splits]
    return arrays_of(splits, decoded, on_damaged, known)


def arrays_of(
    splits: Sequence[ReadSplit],
    decoded: Sequence[Decoded],
    on_damaged: OnDamaged,
    known: Sequence[Problem] = (),
    notes: Sequence[str] = (),
) -> Arrays:
    """Return both splits as the arrays that the cache keeps.

    Args:
        splits: Training and test split, as they were read.
        decoded: Their images.
        on_damaged: What becomes of damaged and odd ones.
        known: What is damaged or odd of files that the hash does not cover.
        notes: What a user must know besides.

    Raises:
        DataError: There are problems that are not to be skipped, or nothing is left.
    """
    train, test = splits
    found = [(*split.problems, *each.problems) for split, each in zip(splits, decoded, strict=True)]
    settle([*known, *found[0], *found[1]], on_damaged)
    for name, each in zip(("training", "test"), decoded, strict=True):
        if not len(each.images):
            raise DataError(f"the {name} split must have a whole image or more, but has none")
    labels = number_labels(
        train.labels[decoded[0].whole], test.labels[decoded[1].whole], train.class_names
    )
    require_every_class(labels.train, labels.class_names, [*known, *found[0]])
    told = [labels.note] if labels.note else []
    told += [*done_notes(decoded[0].done + decoded[1].done), *notes]
    told += compare_images(decoded[0].images, decoded[1].images, labels.train)
    return {
        "train_images": decoded[0].images,
        "train_labels": labels.train,
        "test_images": decoded[1].images,
        "test_labels": labels.test,
        "class_names": np.array(labels.class_names),
        "skipped": np.array([len(each) for each in found]),
        "notes": np.array(told, np.str_),
    }


def require_every_class(
    labels: npt.NDArray[np.int64], names: Sequence[str], skipped: Sequence[Problem]
) -> None:
    """Refuse to skip the last image of a class, which changes the task."""
    empty = sorted(set(range(len(names))) - set(np.unique(labels).tolist())) if skipped else []
    if empty:
        raise DataError(
            f"every class must keep a training image, but all of class {names[empty[0]]!r} are "
            f"damaged: {skipped[0].text}"
        )


def done_notes(done: Counter[str]) -> list[str]:
    """Return in words what was done to how many images."""
    return [
        f"{count:,} image{'' if count == 1 else 's'} with {what}"
        for what, count in sorted(done.items())
    ]
