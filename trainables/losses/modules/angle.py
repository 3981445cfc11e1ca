"""What margins on the angle have in common: the sine, and a value with another one's gradient.

Shape suffixes: B batch, D feature dimension.
"""

from __future__ import annotations

import torch
from torch import Tensor

from incay.trainables.losses.modules.normalized import unit_rows


def sine_beside(cosine_B: Tensor, features_BD: Tensor, class_BD: Tensor) -> Tensor:
    """Return sin θ as the length of what f/‖f‖ has beside the class vector.

    √(1 − cos²θ) would lose half of its digits near θ = 0 and have an infinite derivative there.

    Args:
        cosine_B: cos θ, in [−1, 1].
        features_BD: f.
        class_BD: Each sample's class vector, of any length.
    """
    direction_BD = unit_rows(features_BD)
    class_BD = unit_rows(class_BD)
    sine_B = torch.linalg.vector_norm(direction_BD - cosine_B.unsqueeze(1) * class_BD, dim=1)
    # A feature without direction has cos θ = 0 to every class, hence sin θ = 1.
    return torch.where(direction_BD.any(dim=1), sine_B, torch.ones_like(sine_B))


def with_gradient_of(carrier: Tensor, value: Tensor) -> Tensor:
    """Return `value`, bit for bit, with the gradient of `carrier` (straight-through)."""
    return carrier - carrier.detach() + value.detach()
