"""Affine maps of images, each image by a matrix of its own, in one call.

Shape suffixes: B batch, C channels, H height, W width. Coordinates are pixels from the centre of
the image, x to the right and y down; a matrix maps a pixel of the result to one of the image.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from incay.trainables.augment.modules.base import to_device


def matrices(count: int) -> Tensor:
    """Return `count` maps that change nothing: (B, 2, 3)."""
    return torch.eye(2, 3).repeat(count, 1, 1)


def shear_x(magnitude_B: Tensor, size: tuple[int, int]) -> Tensor:
    """Return shears along x by `magnitude` pixels a row, the upper left corner fixed."""
    matrix_B23 = matrices(len(magnitude_B))
    matrix_B23[:, 0, 1] = magnitude_B
    matrix_B23[:, 0, 2] = magnitude_B * (size[0] / 2)
    return matrix_B23


def shear_y(magnitude_B: Tensor, size: tuple[int, int]) -> Tensor:
    """Return shears along y by `magnitude` pixels a column, the upper left corner fixed."""
    matrix_B23 = matrices(len(magnitude_B))
    matrix_B23[:, 1, 0] = magnitude_B
    matrix_B23[:, 1, 2] = magnitude_B * (size[1] / 2)
    return matrix_B23


def translate_x(magnitude_B: Tensor) -> Tensor:
    """Return shifts to the right, by whole pixels."""
    matrix_B23 = matrices(len(magnitude_B))
    matrix_B23[:, 0, 2] = -magnitude_B.trunc()
    return matrix_B23


def translate_y(magnitude_B: Tensor) -> Tensor:
    """Return shifts down, by whole pixels."""
    matrix_B23 = matrices(len(magnitude_B))
    matrix_B23[:, 1, 2] = -magnitude_B.trunc()
    return matrix_B23


def rotate(degrees_B: Tensor) -> Tensor:
    """Return rotations about the centre, against the clock."""
    angle_B = degrees_B.double().deg2rad()
    matrix_B23 = matrices(len(degrees_B))
    matrix_B23[:, 0, 0] = matrix_B23[:, 1, 1] = angle_B.cos().float()
    matrix_B23[:, 1, 0] = angle_B.sin().float()
    matrix_B23[:, 0, 1] = -matrix_B23[:, 1, 0]
    return matrix_B23


def warp(images_BCHW: Tensor, matrix_B23: Tensor) -> Tensor:
    """Return uint8 images mapped by their matrices: nearest pixels, black where there is none.

    Args:
        images_BCHW: uint8, on the device.
        matrix_B23: On the CPU.
    """
    height, width = images_BCHW.shape[2:]
    x_W = torch.arange(width) - (width - 1) / 2
    y_H = torch.arange(height) - (height - 1) / 2
    ones_HW = torch.ones(height, width)
    pixel_HW3 = torch.stack((x_W.expand(height, -1), y_H[:, None].expand(-1, width), ones_HW), 2)
    # In halves of the image, which is what grid_sample counts by.
    halves = torch.tensor([width / 2, height / 2])
    scaled_B32 = matrix_B23.transpose(1, 2) / halves
    device = images_BCHW.device
    flat_N3 = to_device(pixel_HW3.reshape(1, -1, 3), device)
    grid_BN2 = flat_N3.expand(len(matrix_B23), -1, -1).bmm(to_device(scaled_B32, device))
    mapped = F.grid_sample(
        images_BCHW.float(),
        grid_BN2.reshape(-1, height, width, 2),
        mode="nearest",
        padding_mode="zeros",
        align_corners=False,
    )
    return mapped.to(torch.uint8)
