"""Global contrast normalisation and ZCA whitening.

Fitted in float64 on the CPU, in blocks of images in their order. A covariance's root does not
depend on signs or order of eigenvectors: W = Σ_k (λ_k + ε)^(−1/2)·u_k·u_k^T.

Shape suffixes: B batch, N images of a block, P numbers of an image.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor

from incay.trainables.data.base import Split
from incay.trainables.training.batches import Normalizer

if TYPE_CHECKING:
    from incay.trainables.preprocess.settings import PreprocessSettings

SMALLEST_NORM = 1e-8
"""An image that is not longer than this, all of one value, is divided by 1 (Goodfellow et al.)."""
_BLOCK = 2_000
_MOST_FITTED = 2
_FITTED: dict[tuple[object, ...], tuple[Tensor, Tensor | None]] = {}
"""What was fitted last in this process, whose next trial mostly asks for the same."""


class Whitening(Normalizer):
    """Contrast normalisation, mean image, scale and whitening, in this order.

    Args:
        gcn: The norm of an image; 0 leaves contrast as it is.
        mean: The mean image, of images after contrast normalisation.
        scale: Multiplies what remains.
        matrix: W (P, P), None without whitening.
        device: Where images are preprocessed.
    """

    def __init__(
        self,
        gcn: float,
        mean: Tensor,
        scale: float,
        matrix: Tensor | None,
        device: torch.device,
    ) -> None:
        self.gcn = gcn
        self.mean = mean.to(device)
        self.scale = scale
        self.matrix = None if matrix is None else matrix.to(device)

    def __call__(self, images: Tensor) -> Tensor:
        """Return float32 images in channels-last layout."""
        floats = images.float()
        if self.gcn:
            floats = contrast_normalized(floats.flatten(1), self.gcn).view_as(floats)
        floats = (floats - self.mean).mul_(self.scale)
        if self.matrix is not None:
            floats = (floats.flatten(1) @ self.matrix).view_as(floats)
        return floats.contiguous(memory_format=torch.channels_last)


def contrast_normalized(images_BP: Tensor, norm: float) -> Tensor:
    """Return images with a mean of 0 and a Euclidean norm of `norm`; flat ones become 0."""
    centred_BP = images_BP - images_BP.mean(dim=1, keepdim=True)
    divisor_B1 = torch.linalg.vector_norm(centred_BP, dim=1, keepdim=True) / norm
    normalized_BP: Tensor = centred_BP / divisor_B1.masked_fill(divisor_B1 < SMALLEST_NORM, 1.0)
    return normalized_BP


def fitted(
    settings: PreprocessSettings, train: Split, scale: float, device: torch.device
) -> Whitening:
    """Return preprocessing as the images to train on decide it.

    Args:
        settings: What is asked for.
        train: The images to train on, without those held out.
        scale: The data set's; what contrast normalisation has scaled is not scaled again.
        device: Where images are preprocessed.
    """
    scale = 1.0 if settings.gcn else scale
    images = hashlib.blake2b(np.ascontiguousarray(train.images).data).hexdigest()
    key = (settings, scale, train.images.shape, images)
    if key not in _FITTED:
        if len(_FITTED) >= _MOST_FITTED:
            _FITTED.clear()
        _FITTED[key] = _fit(settings, train, scale)
    return Whitening(settings.gcn, _FITTED[key][0], scale, _FITTED[key][1], device)


def _fit(settings: PreprocessSettings, train: Split, scale: float) -> tuple[Tensor, Tensor | None]:
    """Return the mean image and W, in float32 on the CPU."""
    count = len(train.images)
    mean_P = torch.stack([block_NP.sum(0) for block_NP in _blocks(settings, train)]).sum(0) / count
    matrix = None
    if settings.zca:
        covariance_PP = torch.zeros(len(mean_P), len(mean_P), dtype=torch.float64)
        for block_NP in _blocks(settings, train):
            centred_NP = (block_NP - mean_P).mul_(scale)
            covariance_PP.addmm_(centred_NP.T, centred_NP)
        matrix = inverse_root(covariance_PP.div_(count), settings.zca).float()
    return mean_P.float().view(train.images.shape[1:]), matrix


def inverse_root(covariance_PP: Tensor, epsilon: float) -> Tensor:
    """Return (C + ε·I)^(−1/2), symmetric."""
    value_P, vector_PP = torch.linalg.eigh(covariance_PP)
    # Rounding makes an eigenvalue of 0 a little less than 0.
    scaled_PP = vector_PP * (value_P.clamp(min=0.0) + epsilon).rsqrt()
    root_PP: Tensor = scaled_PP @ vector_PP.T
    return root_PP


def _blocks(settings: PreprocessSettings, train: Split) -> Iterator[Tensor]:
    for start in range(0, len(train.images), _BLOCK):
        block = train.images[start : start + _BLOCK].astype(np.float64)
        block_NP = torch.from_numpy(block).flatten(1)
        yield contrast_normalized(block_NP, settings.gcn) if settings.gcn else block_NP
