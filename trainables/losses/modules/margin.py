"""The angular margin function ψ that L-Softmax and A-Softmax share, and its annealing.

ψ(θ) = (−1)^k cos(mθ) − 2k for θ in [kπ/m, (k+1)π/m], k in {0, …, m−1}
(Liu et al., Large-Margin Softmax, ICML 2016, eq. 6).
"""

from __future__ import annotations

import math

import torch
from torch import Tensor


def cos_multiple(cosine: Tensor, margin: int) -> Tensor:
    """Return cos(mθ) as a polynomial of cos θ (Chebyshev), m in {1, 2, 3, 4}.

    A polynomial has a finite derivative at cos θ = ±1, where arccos has none.
    """
    if margin == 1:
        return cosine
    square = cosine * cosine
    if margin == 2:
        return 2.0 * square - 1.0
    if margin == 3:
        return (4.0 * square - 3.0) * cosine
    return 8.0 * square * (square - 1.0) + 1.0


def psi(cosine: Tensor, margin: int) -> Tensor:
    """Return ψ(θ) for cos θ in [−1, 1]: continuous, decreasing in θ, from 1 to 1 − 2m."""
    if margin == 1:
        return cosine
    # k counts the angles kπ/m that θ has passed: cos θ < cos(kπ/m).
    k = torch.zeros_like(cosine)
    for passed in range(1, margin):
        k += (cosine.detach() < math.cos(passed * math.pi / margin)).to(cosine.dtype)
    sign = 1.0 - 2.0 * (k % 2.0)
    return sign * cos_multiple(cosine, margin) - 2.0 * k


def annealing_weight(step: int, *, base: float, gamma: float, power: float, low: float) -> float:
    """Return λ_t = max(λ_min, base · (1 + γ · t)^−power), the weight of the plain logit.

    t counts from 1: the authors' layers begin their forward pass with ``iter_ += 1``, so that the
    first step of training has t = 1.

    Source: the published training settings of L-Softmax and SphereFace, and their layers
    (wy1iu/LargeMargin_Softmax_Loss, ``largemargin_inner_product_layer.cpp``; wy1iu/sphereface,
    ``margin_inner_product_layer.cpp``; ``Forward_cpu`` of both).

    Args:
        step: Optimiser steps done before this one; t = step + 1.
        base: λ at t = 0, which no step has.
        gamma: γ.
        power: The exponent.
        low: λ_min.
    """
    return max(low, base * math.pow(1.0 + gamma * (step + 1), -power))
