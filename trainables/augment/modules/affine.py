"""Random rotation, shift, size and shear."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch import Tensor

from incay.trainables.augment.modules import geometry
from incay.trainables.augment.modules.base import Augmentation

if TYPE_CHECKING:
    from incay.trainables.augment.affine import AffineSettings


class Affine(Augmentation):
    """See `AffineSettings`."""

    draws_globally = False

    def __init__(self, settings: AffineSettings, image_shape: tuple[int, int, int]) -> None:
        self._settings = settings
        self._size = image_shape[1:]

    def __call__(self, images: Tensor, draw: torch.Generator) -> Tensor:
        """Return each image mapped by what is drawn for it."""
        settings, (height, width) = self._settings, self._size
        amount_5B = torch.rand((5, len(images)), generator=draw) * 2.0 - 1.0
        degrees_B, right_B, down_B, larger_B, shear_B = amount_5B
        return geometry.warp(
            images,
            inverse(
                degrees_B * settings.degrees,
                (right_B * (settings.translate * width)).round(),
                (down_B * (settings.translate * height)).round(),
                1.0 + larger_B * settings.scale,
                shear_B * settings.shear,
            ),
        )


def inverse(
    degrees_B: Tensor, right_B: Tensor, down_B: Tensor, scale_B: Tensor, shear_B: Tensor
) -> Tensor:
    """Return maps from result to image (B, 2, 3), of an affine change of the image.

    It shears along x, resizes, turns with the clock as torchvision's `affine` does, then shifts.

    Args:
        degrees_B: Angle.
        right_B: Shift in pixels.
        down_B: Shift in pixels.
        scale_B: Factor of size.
        shear_B: Angle of the shear, in degrees.
    """
    angle_B, tangent_B = degrees_B.deg2rad(), shear_B.deg2rad().tan()
    cosine_B, sine_B = angle_B.cos(), angle_B.sin()
    # [[1, tan], [0, 1]] · rotation by −angle, divided by the scale.
    matrix_B23 = geometry.matrices(len(degrees_B))
    matrix_B23[:, 0, 0] = (cosine_B - tangent_B * sine_B) / scale_B
    matrix_B23[:, 0, 1] = (sine_B + tangent_B * cosine_B) / scale_B
    matrix_B23[:, 1, 0] = -sine_B / scale_B
    matrix_B23[:, 1, 1] = cosine_B / scale_B
    shift_B21 = torch.stack((right_B, down_B), 1).unsqueeze(2)
    matrix_B23[:, :, 2:] = -(matrix_B23[:, :, :2] @ shift_B21)
    return matrix_B23
