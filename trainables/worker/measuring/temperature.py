"""The one temperature T that makes softmax(z/T) most probable (Guo et al., ICML 2017, section 4.2).

Shape suffixes: N images, K classes.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor

_LEAST, _MOST = 1e-4, 1e4
"""Of 1/T for logits of unit spread. Where all answers are right no finite value is best."""
_STEPS = 60
_CLOSE = 1e-8


def fitted_inverse(logits_NK: Tensor, label_N: Tensor) -> float:
    """Return 1/T; 1 without images.

    The mean loss is convex in b = 1/T, with the derivative mean(Σ_k p_k z_k − z_y) and the second
    derivative mean(Var_p z). Newton's steps in log b are kept between bounds that close in.

    Args:
        logits_NK: Plain logits of images that the temperature is not judged by, float64.
        label_N: Their classes.
    """
    if not len(label_N):
        return 1.0
    target_N1 = logits_NK.gather(1, label_N.unsqueeze(1))
    off_NK = logits_NK - target_N1  # what is added to all logits changes nothing
    spread = float(off_NK.square().mean().sqrt()) or 1.0
    off_NK = off_NK / spread
    low, high = math.log(_LEAST), math.log(_MOST)
    at = min(max(math.log(spread), low), high)
    for _ in range(_STEPS):
        inverse = math.exp(at)
        share_NK = torch.softmax(inverse * off_NK, dim=1)
        mean_N = (share_NK * off_NK).sum(dim=1)
        slope = float(mean_N.mean())
        if slope > 0.0:
            high = at
        else:
            low = at
        variance_N = (share_NK * off_NK.square()).sum(dim=1) - mean_N.square()
        curvature = inverse * float(variance_N.mean()) + slope
        step = -slope / curvature if curvature > 0.0 else math.inf
        following = at + step if low < at + step < high else (low + high) / 2.0
        if abs(following - at) < _CLOSE:
            break
        at = following
    return math.exp(at) / spread
