"""Images of another set, brought to a shape: against torch's own resizing, and by hand."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from incay.trainables.data.base import DataError
from incay.trainables.data.fitting import fitted


def _images(*shape: int) -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, shape, np.uint8)


def test_images_of_the_shape_are_the_same_object() -> None:
    images = _images(3, 1, 28, 28)
    assert fitted(images, (1, 28, 28), "own") is images


@pytest.mark.parametrize("size", [(32, 32), (14, 20)])
def test_sizes_are_those_of_torchs_smoothed_bilinear(size: tuple[int, int]) -> None:
    images = _images(4, 3, 28, 28)
    expected = torch.nn.functional.interpolate(
        torch.from_numpy(images).float(), size, mode="bilinear", antialias=True
    )
    found = fitted(images, (3, *size), "own")
    assert found.dtype == np.uint8
    assert np.abs(found - expected.numpy()).max() <= 1.5


def test_grey_is_repeated_and_colour_becomes_luminance() -> None:
    grey = _images(2, 1, 8, 8)
    coloured = fitted(grey, (3, 8, 8), "own")
    assert all(np.array_equal(coloured[:, each], grey[:, 0]) for each in range(3))
    colour = _images(2, 3, 8, 8)
    red, green, blue = colour.transpose(1, 0, 2, 3).astype(float)
    luminance = 0.299 * red + 0.587 * green + 0.114 * blue
    assert np.abs(fitted(colour, (1, 8, 8), "own")[:, 0] - luminance).max() <= 1.0


@pytest.mark.parametrize(("has", "wanted"), [(2, 3), (1, 4), (3, 2)])
def test_other_channels_are_refused(has: int, wanted: int) -> None:
    with pytest.raises(DataError, match=rf"'own' must have {wanted} channels.*but have {has}"):
        fitted(_images(1, has, 8, 8), (wanted, 8, 8), "'own'")
