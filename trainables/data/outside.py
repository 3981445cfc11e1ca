"""A data set with images of other sets beside it, for measures out of distribution.

Nothing trains on them. They are the other set's test images, or its training images where its test
is one by pairs.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from incay.trainables.data.base import ImageData

Images = npt.NDArray[np.uint8]


@dataclass(frozen=True)
class DataWithOutside(ImageData):
    """Images of a set, and those of others.

    Attributes:
        outside: By name of the other set, its images (count, channels, height, width).
    """

    outside: Mapping[str, Images] = field(default_factory=dict)


def with_outside(data: ImageData, outside: Mapping[str, Images]) -> ImageData:
    """Return a set with the images of others, which have its shape, beside it."""
    own = {each.name: getattr(data, each.name) for each in dataclasses.fields(ImageData)}
    return DataWithOutside(**own, outside=outside)


def outside_of(data: ImageData) -> Mapping[str, Images]:
    """Return the images of other sets that lie beside a set, by name."""
    return data.outside if isinstance(data, DataWithOutside) else {}
