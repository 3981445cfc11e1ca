"""Changes of pixels' values, each image by an amount of its own, in one call.

They compute what torchvision.transforms.v2.functional computes for one image and one number.
Images are uint8 of 1 or 3 channels.

Shape suffixes: B batch, C channels, H height, W width.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

_LUMA = (0.2989, 0.587, 0.114)
"""Shares of red, green and blue in grey (ITU-R BT.601)."""


def brightness(images_BCHW: Tensor, factor_B: Tensor) -> Tensor:
    """Return images between black (0) and themselves (1), or brighter."""
    return (images_BCHW * _per_image(factor_B)).clamp_(0, 255).to(torch.uint8)


def saturation(images_BCHW: Tensor, factor_B: Tensor) -> Tensor:
    """Return images between grey (0) and themselves (1), or more colourful; grey ones as is."""
    if images_BCHW.shape[1] == 1:
        return images_BCHW
    return _blended(images_BCHW, _grey(images_BCHW).floor_(), factor_B)


def contrast(images_BCHW: Tensor, factor_B: Tensor) -> Tensor:
    """Return images between their mean grey (0) and themselves (1), or of more contrast."""
    mean = _grey(images_BCHW).floor_().mean(dim=(1, 2, 3), keepdim=True)
    return _blended(images_BCHW, mean, factor_B)


def sharpness(images_BCHW: Tensor, factor_B: Tensor) -> Tensor:
    """Return images between smoothed (0) and themselves (1), or sharper; their rim stays."""
    channels, height, width = images_BCHW.shape[1:]
    if height <= 2 or width <= 2:
        return images_BCHW
    floats = images_BCHW.float()
    kernel = torch.full((channels, 1, 3, 3), 1 / 13, device=images_BCHW.device)
    kernel[:, :, 1, 1] = 5 / 13
    smooth = F.conv2d(floats, kernel, groups=channels).round_()
    inner = floats[:, :, 1:-1, 1:-1]
    inner.add_(smooth.sub_(inner).mul_(1.0 - _per_image(factor_B)))
    return floats.clamp_(0, 255).to(torch.uint8)


def hue(images_BCHW: Tensor, turns_B: Tensor) -> Tensor:
    """Return images whose hue is shifted by a share of the colour circle; of three channels."""
    red, green, blue = (images_BCHW.float() / 255).unbind(1)
    value, low = torch.maximum(torch.maximum(red, green), blue), torch.minimum(red, green)
    span = value - torch.minimum(low, blue)
    divisor = torch.where(span == 0, 1.0, span)
    sixth = torch.where(
        value == red,
        (green - blue) / divisor,
        torch.where(value == green, 2.0 + (blue - red) / divisor, 4.0 + (red - green) / divisor),
    )
    sixth = torch.remainder(sixth + 6.0 * turns_B.view(-1, 1, 1), 6.0)
    shifted = []
    for start in (5.0, 3.0, 1.0):  # red, green, blue of a hue, by its distance around the circle
        k = torch.remainder(start + sixth, 6.0)
        shifted.append(value - span * torch.minimum(k, 4.0 - k).clamp_(0.0, 1.0))
    # As torchvision makes bytes of floats.
    return torch.stack(shifted, 1).mul_(256.0 - 1e-3).to(torch.uint8)


def posterize(images_BCHW: Tensor, bits_B: Tensor) -> Tensor:
    """Return images with so many of each pixel's highest bits."""
    mask_B = 256 - (2 ** (8 - bits_B.long()))
    return images_BCHW & _per_image(mask_B.to(torch.uint8))


def solarize(images_BCHW: Tensor, threshold_B: Tensor) -> Tensor:
    """Return images whose pixels are inverted from a threshold on."""
    return torch.where(images_BCHW >= _per_image(threshold_B), 255 - images_BCHW, images_BCHW)


def _grey(images_BCHW: Tensor) -> Tensor:
    floats = images_BCHW.float()
    if floats.shape[1] == 1:
        return floats
    red, green, blue = floats.unbind(1)
    return (red * _LUMA[0]).add_(green, alpha=_LUMA[1]).add_(blue, alpha=_LUMA[2]).unsqueeze(1)


def _blended(images_BCHW: Tensor, other: Tensor, factor_B: Tensor) -> Tensor:
    factor = _per_image(factor_B)
    return (images_BCHW * factor + other * (1.0 - factor)).clamp_(0, 255).to(torch.uint8)


def _per_image(value_B: Tensor) -> Tensor:
    return value_B.view(-1, 1, 1, 1)
