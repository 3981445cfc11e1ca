"""Classification sets of encoded images: from their files, or from the cache, to `ImageData`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from incay.trainables.data.base import DatasetSettings, ImageData, Split
from incay.trainables.data.cache import Arrays, cached
from incay.trainables.data.decode import EncodedImage, PixelFormat, decode_images


@dataclass(frozen=True)
class EncodedSplit:
    """A split as it is stored.

    Attributes:
        images: Not yet decoded.
        labels: (count,).
        class_names: None where the files do not say.
    """

    images: list[EncodedImage]
    labels: npt.NDArray[np.int64]
    class_names: tuple[str, ...] | None


def load_decoded(
    dataset: DatasetSettings,
    content_hash: str,
    pixel_format: PixelFormat,
    read: Callable[[], tuple[EncodedSplit, EncodedSplit]],
) -> ImageData:
    """Return a set of encoded images, decoded or from the cache of decoded ones.

    Args:
        dataset: The set's settings.
        content_hash: Of the set's files.
        pixel_format: What to decode to.
        read: Returns the training and the test split; not called where the cache has them.

    Raises:
        DataError: See `decode_images`.
    """

    def make() -> Arrays:
        train, test = read()
        names = train.class_names
        if names is None:
            largest = max(int(train.labels.max()), int(test.labels.max()))
            names = tuple(str(label) for label in range(largest + 1))
        return {
            "train_images": decode_images(train.images, pixel_format),
            "train_labels": train.labels,
            "test_images": decode_images(test.images, pixel_format),
            "test_labels": test.labels,
            "class_names": np.array(names),
        }

    arrays = cached(dataset, content_hash, make)
    return ImageData(
        train=Split(arrays["train_images"], arrays["train_labels"]),
        test=Split(arrays["test_images"], arrays["test_labels"]),
        class_names=tuple(str(name) for name in arrays["class_names"]),
    )
