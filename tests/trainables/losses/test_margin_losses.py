"""Every loss of `incay.trainables.losses.margins`, and ArcFace straight-through, as formulas."""

from __future__ import annotations

import math
from typing import Any

import naive_losses as naive
import torch
from loss_checks import weight_of
from loss_kinds import CosineCase, StoppedCase
from naive_losses import Matrix, Vector

from incay.trainables.losses.arcface import ArcFaceSettings
from incay.trainables.losses.margins.circle import CircleSettings
from incay.trainables.losses.margins.magface import MagFaceSettings
from incay.trainables.losses.margins.sphereface2 import SphereFace2Settings
from incay.trainables.losses.margins.subcenter_arcface import SubCenterArcFaceSettings
from incay.trainables.losses.modules.base import Loss

torch.set_num_threads(1)


def nearest(feature: Vector, rows: Matrix) -> Vector:
    return max(rows, key=lambda row: naive.dot(naive.unit(row), naive.unit(feature)))


def centres(weight: Matrix, count: int) -> list[Matrix]:
    return [weight[first : first + count] for first in range(0, len(weight), count)]


class TestArcFaceStraightThrough(StoppedCase):
    """The value has the margin; what it is above the plain cosine has no gradient."""

    variants = (
        ArcFaceSettings(gradient="straight_through"),
        ArcFaceSettings(gradient="straight_through", margin=1.2, scale=10.0),
    )
    refused = ({"gradient": "none"},)

    def held(self, variant: Any, loss: Loss, given: list[Vector], labels: list[int]) -> list[Any]:
        weight = weight_of(loss).tolist()
        found = []
        for feature, label in zip(given, labels, strict=True):
            theta = naive.angle(feature, weight[label])
            found.append(math.cos(theta + variant.margin) - math.cos(theta))
        return found

    def naive_held(
        self, variant: Any, loss: Loss, feature: Vector, weight: Matrix, label: int, held: float
    ) -> dict[str, float]:
        logits = self.naive_logits(variant, loss, feature, weight)
        target = logits[label] + variant.scale * held
        return {"cross_entropy": naive.with_target_changed(logits, label, target)}

    def test_the_gradient_of_the_target_is_that_of_the_plain_cosine(self) -> None:
        loss = ArcFaceSettings(gradient="straight_through").build(3, 4)
        exact = ArcFaceSettings().build(3, 4)
        exact.load_state_dict(loss.state_dict())
        features = torch.randn((5, 3), generator=torch.Generator().manual_seed(0))
        labels = torch.tensor([0, 1, 2, 3, 0])
        target = torch.randn(5).clamp(-1.0, 1.0).requires_grad_()
        value = loss.target_logit(64.0 * target, features, labels, 0)
        (slope,) = torch.autograd.grad(value.sum(), target)
        assert slope.tolist() == [64.0] * 5
        wide = torch.tensor([0.9, 0.5, 0.0, -0.3, 0.2])
        plain = exact.target_logit(64.0 * wide, features, labels, 0)
        assert torch.equal(loss.target_logit(64.0 * wide, features, labels, 0), plain)


class TestSubCenterArcFace(CosineCase):
    variants = (
        SubCenterArcFaceSettings(),
        SubCenterArcFaceSettings(centers=2, margin=0.3, scale=10.0),
        SubCenterArcFaceSettings(centers=1),
    )
    refused = ({"centers": 0}, {"margin": -0.1}, {"scale": 0.0})
    rough_at_zero_angle = True

    def naive_logits(
        self, variant: Any, loss: Loss, feature: Vector, weight: Matrix
    ) -> list[float]:
        best = [nearest(feature, rows) for rows in centres(weight, variant.centers)]
        return [variant.scale * cosine for cosine in naive.cosines(feature, best)]

    def naive_terms(
        self, variant: Any, loss: Loss, feature: Vector, weight: Matrix, label: int, step: int
    ) -> dict[str, float]:
        logits = self.naive_logits(variant, loss, feature, weight)
        row = nearest(feature, centres(weight, variant.centers)[label])
        target = variant.scale * naive.arcface(naive.angle(feature, row), variant.margin)
        return {"cross_entropy": naive.with_target_changed(logits, label, target)}

    def test_one_centre_is_arcface_bit_for_bit(self) -> None:
        one, plain = SubCenterArcFaceSettings(centers=1).build(3, 4), ArcFaceSettings().build(3, 4)
        one.load_state_dict(plain.state_dict())
        features = torch.randn((5, 3), generator=torch.Generator().manual_seed(0))
        labels = torch.tensor([0, 1, 2, 3, 0])
        ours, theirs = (
            each(features, labels, 0).terms["cross_entropy"].value_B for each in (one, plain)
        )
        assert torch.equal(ours, theirs)


class TestMagFace(CosineCase):
    variants = (
        MagFaceSettings(lower=0.5, upper=30.0),
        MagFaceSettings(lower=0.5, upper=4.0, norm_weight=5.0, scale=10.0, easy=False),
        MagFaceSettings(norm_weight=0.0),
    )
    refused = ({"lower": 0.0}, {"upper": 0.1}, {"upper_margin": 1.6}, {"norm_weight": -1.0})
    rough_at_zero_angle = True

    def naive_terms(
        self, variant: Any, loss: Loss, feature: Vector, weight: Matrix, label: int, step: int
    ) -> dict[str, float]:
        length = min(max(naive.norm(feature), variant.lower), variant.upper)
        slope = (variant.upper_margin - variant.lower_margin) / (variant.upper - variant.lower)
        margin = slope * (length - variant.lower) + variant.lower_margin
        theta = naive.angle(feature, weight[label])
        if not variant.easy:
            cosine = naive.arcface(theta, margin)
        elif math.cos(theta) > 1e-12:
            cosine = math.cos(theta + margin)
        else:
            cosine = math.cos(theta)
        logits = self.naive_logits(variant, loss, feature, weight)
        changed = naive.with_target(logits, label, variant.scale * cosine)
        terms = {"cross_entropy": naive.cross_entropy(changed, label)}
        if variant.norm_weight:
            g = length / variant.upper**2 + 1.0 / length
            terms["magnitude"] = variant.norm_weight * g
        return terms

    def test_the_term_balances_at_the_upper_bound(self) -> None:
        """g'(a) = 1/u_a² − 1/a²: it lengthens below u_a, and stops there."""
        loss = MagFaceSettings().build(2, 3)
        for length, sign in ((50.0, -1.0), (109.0, -1.0)):
            features = torch.tensor([[length, 0.0]], requires_grad=True)
            value = loss(features, torch.tensor([0]), 0).terms["magnitude"].value_B
            (slope,) = torch.autograd.grad(value.sum(), features)
            expected = 1.0 / 110.0**2 - 1.0 / length**2
            assert math.isclose(slope[0, 0].item(), expected, rel_tol=1e-4)
            assert math.copysign(1.0, expected) == sign


class TestCircle(StoppedCase):
    variants = (
        CircleSettings(),
        CircleSettings(margin=0.4, scale=16.0),
        CircleSettings(margin=0.0),
    )
    refused = ({"margin": -0.1}, {"margin": 1.1}, {"scale": 0.0})

    def held(self, variant: Any, loss: Loss, given: list[Vector], labels: list[int]) -> list[Any]:
        weight = weight_of(loss).tolist()
        found = []
        for feature, label in zip(given, labels, strict=True):
            cosines = naive.cosines(feature, weight)
            weights = [max(c + variant.margin, 0.0) for c in cosines]
            weights[label] = max(1.0 + variant.margin - cosines[label], 0.0)
            found.append(weights)
        return found

    def naive_held(
        self, variant: Any, loss: Loss, feature: Vector, weight: Matrix, label: int, held: Any
    ) -> dict[str, float]:
        m, gamma = variant.margin, variant.scale
        cosines = naive.cosines(feature, weight)
        own = gamma * held[label] * (cosines[label] - (1.0 - m))
        others = [gamma * held[k] * (c - m) for k, c in enumerate(cosines) if k != label]
        # log(1 + Σ exp(others − own)), as the paper writes it.
        return {"cross_entropy": naive.cross_entropy([own, *others], 0)}


class TestSphereFace2(StoppedCase):
    variants = (
        SphereFace2Settings(),
        SphereFace2Settings(exponent=1.0, scale=8.0, loss_weight=1.0),
        SphereFace2Settings(gradient="straight_through", scale=10.0, balance=0.4),
    )
    refused = ({"balance": 1.0}, {"exponent": 0.5}, {"gradient": "no"}, {"loss_weight": 0.0})

    def naive_logits(
        self, variant: Any, loss: Loss, feature: Vector, weight: Matrix
    ) -> list[float]:
        cosines = naive.cosines(feature, weight)
        return [variant.scale * self.spread(variant, c) for c in cosines]

    def held(self, variant: Any, loss: Loss, given: list[Vector], labels: list[int]) -> list[Any]:
        """What g(cos θ) is above cos θ, where it has no gradient; None where it has."""
        if variant.gradient == "exact":
            return [None] * len(given)
        weight = weight_of(loss).tolist()
        return [[self.spread(variant, c) - c for c in naive.cosines(f, weight)] for f in given]

    def naive_held(
        self, variant: Any, loss: Loss, feature: Vector, weight: Matrix, label: int, held: Any
    ) -> dict[str, float]:
        offset = loss.get_parameter("offset").item()
        total = 0.0
        for k, cosine in enumerate(naive.cosines(feature, weight)):
            g = self.spread(variant, cosine) if held is None else cosine + held[k]
            if k == label:
                x = -(variant.scale * (g - variant.margin) + offset)
                total += variant.balance * softplus(x)
            else:
                x = variant.scale * (g + variant.margin) + offset
                total += (1.0 - variant.balance) * softplus(x)
        return {"binary_cross_entropy": variant.loss_weight / variant.scale * total}

    @staticmethod
    def spread(variant: Any, cosine: float) -> float:
        half = min(max((cosine + 1.0) / 2.0, 0.0), 1.0)
        return float(2.0 * half**variant.exponent - 1.0)

    def test_targets_and_others_balance_at_first(self) -> None:
        for classes in (2, 3, 10, 1000):
            for variant in (SphereFace2Settings(), SphereFace2Settings(scale=4.0, margin=0.1)):
                offset = variant.build(4, classes).get_parameter("offset").item()
                level = self.spread(variant, 0.0)
                own = variant.scale * (level - variant.margin) + offset
                other = variant.scale * (level + variant.margin) + offset
                pull = math.log(variant.balance) - softplus(own)
                push = math.log((1.0 - variant.balance) * (classes - 1)) - softplus(-other)
                assert math.isclose(pull, push, rel_tol=1e-4, abs_tol=1e-4)


def softplus(x: float) -> float:
    return max(x, 0.0) + math.log1p(math.exp(-abs(x)))
