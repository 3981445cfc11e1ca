"""RandAugment and TrivialAugment: operations drawn for each image, computed by operation.

A batch is sorted by what was drawn, so that each operation is one call for all images that have
it, with amounts of their own; afterwards it is put in order again. All is drawn on the CPU: nobody
waits for the device to know how many images an operation has.

Shape suffixes: B batch, C channels, H height, W width, O operations, M magnitudes.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import torch
from torch import Tensor
from torchvision.transforms.v2 import functional

from incay.trainables.augment.modules import colors, geometry
from incay.trainables.augment.modules.base import Augmentation, to_device

if TYPE_CHECKING:
    from incay.trainables.augment.rand_augment import RandAugmentSettings

MAGNITUDES = 31
"""How many there are of each operation, from none to the largest."""

_WARPS: tuple[Callable[[Tensor, tuple[int, int]], Tensor], ...] = (
    geometry.shear_x,
    geometry.shear_y,
    lambda magnitude_B, _: geometry.translate_x(magnitude_B),
    lambda magnitude_B, _: geometry.translate_y(magnitude_B),
    lambda magnitude_B, _: geometry.rotate(magnitude_B),
)
_COLORS: tuple[Callable[[Tensor, Tensor], Tensor], ...] = (
    lambda images, magnitude_B: colors.brightness(images, 1.0 + magnitude_B),
    lambda images, magnitude_B: colors.saturation(images, 1.0 + magnitude_B),
    lambda images, magnitude_B: colors.contrast(images, 1.0 + magnitude_B),
    lambda images, magnitude_B: colors.sharpness(images, 1.0 + magnitude_B),
    colors.posterize,
    lambda images, magnitude_B: colors.solarize(images, 255.0 * magnitude_B),
    lambda images, _: functional.autocontrast(images),
    lambda images, _: functional.equalize(images),
    lambda images, _: images,
)
NAMES = (
    *("ShearX", "ShearY", "TranslateX", "TranslateY", "Rotate"),
    *("Brightness", "Color", "Contrast", "Sharpness", "Posterize", "Solarize"),
    *("AutoContrast", "Equalize", "Identity"),
)
"""Of the operations, as torchvision calls them: first those that move pixels."""
_SIGNED = torch.arange(len(NAMES)) < NAMES.index("Posterize")


def magnitudes(
    shear: float, shift_x: float, shift_y: float, angle: float, color: float, bits: float
) -> Tensor:
    """Return what each magnitude means for each operation: (O, M).

    Args:
        shear: The largest shear, pixels a pixel.
        shift_x: The largest shift to a side, pixels.
        shift_y: The largest shift up or down, pixels.
        angle: The largest angle, degrees.
        color: The largest change of a factor.
        bits: How many bits posterising takes at most.
    """
    rising = torch.linspace(0.0, 1.0, MAGNITUDES, dtype=torch.float64)
    rows = [most * rising for most in (shear, shear, shift_x, shift_y, angle, *[color] * 4)]
    rows += [(8.0 - bits * rising).round(), 1.0 - rising]
    rows += [torch.zeros_like(rising)] * (len(NAMES) - len(rows))
    return torch.stack(rows).float()


def apply(images_BCHW: Tensor, operation_B: Tensor, magnitude_B: Tensor) -> Tensor:
    """Return uint8 images, each changed by its operation.

    Args:
        images_BCHW: On the device.
        operation_B: Indices of `NAMES`, on the CPU.
        magnitude_B: What each image's magnitude means, with its sign; on the CPU.
    """
    device, size = images_BCHW.device, (images_BCHW.shape[2], images_BCHW.shape[3])
    order_B = operation_B.argsort(stable=True)
    counts = operation_B.bincount(minlength=len(NAMES)).tolist()
    magnitude_B = magnitude_B[order_B]
    on_device_B = to_device(magnitude_B, device)
    sorted_BCHW = images_BCHW.index_select(0, to_device(order_B, device))
    moved = sum(counts[: len(_WARPS)])
    parts: list[Tensor] = []
    if moved:
        each = zip(_WARPS, torch.split(magnitude_B[:moved], counts[: len(_WARPS)]), strict=True)
        matrix_B23 = torch.cat([warp(own_B, size) for warp, own_B in each])
        parts.append(geometry.warp(sorted_BCHW[:moved], matrix_B23))
    start = moved
    for change, count in zip(_COLORS, counts[len(_WARPS) :], strict=True):
        if count:
            chosen = slice(start, start + count)
            parts.append(change(sorted_BCHW[chosen], on_device_B[chosen]))
        start += count
    return torch.cat(parts).index_select(0, to_device(order_B.argsort(), device))


class RandAugment(Augmentation):
    """See `RandAugmentSettings`."""

    draws_globally = False

    def __init__(self, settings: RandAugmentSettings, image_shape: tuple[int, int, int]) -> None:
        self._settings = settings
        _, height, width = image_shape
        shift = 150.0 / 331.0  # of the ImageNet images that AutoAugment was searched on
        self._magnitude_OM = magnitudes(0.3, shift * width, shift * height, 30.0, 0.9, 4.0)

    def __call__(self, images: Tensor, draw: torch.Generator) -> Tensor:
        """Return the images after `num_ops` operations each."""
        for _ in range(self._settings.num_ops):
            operation_B, sign_B = _drawn(len(images), draw)
            magnitude_B = self._magnitude_OM[operation_B, self._settings.magnitude]
            images = apply(images, operation_B, magnitude_B * sign_B)
        return images


class TrivialAugment(Augmentation):
    """See `TrivialAugmentSettings`."""

    draws_globally = False

    def __init__(self, image_shape: tuple[int, int, int]) -> None:
        del image_shape  # shifts are of up to 32 pixels, whatever the size
        self._magnitude_OM = magnitudes(0.99, 32.0, 32.0, 135.0, 0.99, 6.0)

    def __call__(self, images: Tensor, draw: torch.Generator) -> Tensor:
        """Return the images after one operation each."""
        operation_B, sign_B = _drawn(len(images), draw)
        level_B = torch.randint(MAGNITUDES, (len(images),), generator=draw)
        return apply(images, operation_B, self._magnitude_OM[operation_B, level_B] * sign_B)


def _drawn(count: int, draw: torch.Generator) -> tuple[Tensor, Tensor]:
    """Return an operation for each image, and the sign of its magnitude."""
    operation_B = torch.randint(len(NAMES), (count,), generator=draw)
    negative_B = torch.rand(count, generator=draw) <= 0.5
    return operation_B, torch.where(negative_B & _SIGNED[operation_B], -1.0, 1.0)
