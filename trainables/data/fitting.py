"""Images of another set, out of distribution or a background, in the shape of a set's own."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from incay.trainables.data.base import DataError
from incay.trainables.data.published.layouts import ArraySplit
from incay.trainables.data.published.resizing import Sizing, sized

Images = npt.NDArray[np.uint8]
Shape = tuple[int, int, int]


def fitted(images: Images, shape: Shape, what: str) -> Images:
    """Return images stretched to a size, in grey or in colour.

    They are resized as Pillow does, bilinear and, where they get smaller, smoothed. Grey is
    repeated in three channels; colour becomes luminance (ITU-R 601). Images that have the shape
    are returned as they are.

    Args:
        images: (count, channels, height, width).
        shape: The wanted channels, height and width.
        what: Whose they are, for a message.

    Raises:
        DataError: Their channels are neither those wanted nor grey or colour.
    """
    if images.shape[1:] == shape:
        return images
    channels, height, width = shape
    if images.shape[1] != channels and {images.shape[1], channels} != {1, 3}:
        raise DataError(
            f"images of {what} must have {channels} channels, as the training images have, or be "
            f"grey or RGB where those are, but have {images.shape[1]}"
        )
    split = ArraySplit(images, np.zeros(len(images), np.int64), None)
    found = sized(split, Sizing((height, width), None), grey=channels == 1).images
    return found if found.shape[1] == channels else np.repeat(found, channels, axis=1)
