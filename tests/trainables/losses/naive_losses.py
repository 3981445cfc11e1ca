"""The formulas of the losses, one sample at a time, in Python floats.

Written from the papers with nothing but `math`, so that no mistake of tensor code can repeat
itself here. Vectors are lists.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

Vector = Sequence[float]
Matrix = Sequence[Vector]


def dot(left: Vector, right: Vector) -> float:
    return math.fsum(a * b for a, b in zip(left, right, strict=True))


def norm(vector: Vector) -> float:
    return math.sqrt(dot(vector, vector))


def unit(vector: Vector) -> list[float]:
    length = norm(vector)
    return [0.0 for _ in vector] if length <= 1e-12 else [item / length for item in vector]


def inner_products(feature: Vector, weight: Matrix) -> list[float]:
    return [dot(row, feature) for row in weight]


def cosines(feature: Vector, weight: Matrix) -> list[float]:
    return [dot(unit(row), unit(feature)) for row in weight]


def angle(left: Vector, right: Vector) -> float:
    """The angle by Kahan's formula, exact at 0 and π; a right angle to a vector without length."""
    a, b = unit(left), unit(right)
    if not any(a) or not any(b):
        return math.pi / 2
    apart = norm([x - y for x, y in zip(a, b, strict=True)])
    together = norm([x + y for x, y in zip(a, b, strict=True)])
    return 2.0 * math.atan2(apart, together)


def cross_entropy(logits: Vector, label: int) -> float:
    largest = max(logits)
    total = math.fsum(math.exp(logit - largest) for logit in logits)
    return math.log(total) + largest - logits[label]


def psi(theta: float, margin: int) -> float:
    """(−1)^k cos(mθ) − 2k for θ in [kπ/m, (k+1)π/m]."""
    k = min(int(theta * margin / math.pi), margin - 1)
    return float((-1) ** k * math.cos(margin * theta) - 2 * k)


def annealing(step: int, base: float, gamma: float, power: float, low: float) -> float:
    t = step + 1  # the authors' layers count before they compute
    return float(max(low, base * (1 + gamma * t) ** (-power)))


def with_target(logits: Vector, label: int, value: float) -> list[float]:
    return [value if k == label else logit for k, logit in enumerate(logits)]


def with_target_changed(logits: Vector, label: int, value: float) -> float:
    return cross_entropy(with_target(logits, label, value), label)


def arcface(theta: float, margin: float) -> float:
    """cos(θ + m), continued where θ + m exceeds π."""
    if theta + margin < math.pi:
        return math.cos(theta + margin)
    return math.cos(theta) - margin * math.sin(margin)
