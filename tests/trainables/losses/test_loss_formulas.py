"""Every loss against its formula."""

from __future__ import annotations

import math
from typing import Any

import naive_losses as naive
import torch
from loss_cases import LossCase
from loss_checks import weight_of
from loss_kinds import CosineCase, CrossEntropyCase
from naive_losses import Matrix, Vector

from incay.trainables.losses.a_softmax import ASoftmaxSettings
from incay.trainables.losses.arcface import ArcFaceSettings
from incay.trainables.losses.center import CenterSettings
from incay.trainables.losses.coco import COCOSettings
from incay.trainables.losses.cosface import CosFaceSettings
from incay.trainables.losses.cosine import CosineSettings
from incay.trainables.losses.hinge import HingeSettings
from incay.trainables.losses.l2_softmax import L2SoftmaxSettings
from incay.trainables.losses.l_softmax import LSoftmaxSettings
from incay.trainables.losses.modules.base import Loss
from incay.trainables.losses.modules.center import CenterLoss
from incay.trainables.losses.modules.normalized import unit_rows
from incay.trainables.losses.normface import NormFaceSettings
from incay.trainables.losses.softmax import SoftmaxSettings

torch.set_num_threads(1)


class TestSoftmax(CrossEntropyCase):
    variants = (SoftmaxSettings(),)


class AngularMarginCase(CrossEntropyCase):
    refused = ({"margin": 0}, {"margin": 5}, {"base": -1.0}, {"gamma": math.inf}, {"power": -1.0})

    def naive_scale(self, feature: Vector, row: Vector) -> float:
        raise NotImplementedError

    def naive_target(
        self, variant: Any, feature: Vector, row: Vector, logit: float, step: int
    ) -> float:
        plain = naive.annealing(
            step, variant.base, variant.gamma, variant.power, variant.min_weight
        )
        margin = naive.psi(naive.angle(feature, row), variant.margin)
        return (plain * logit + self.naive_scale(feature, row) * margin) / (1 + plain)


class TestLSoftmax(AngularMarginCase):
    variants = (
        *(LSoftmaxSettings(margin=m, base=0.0) for m in (1, 2, 3, 4)),
        LSoftmaxSettings(),
        LSoftmaxSettings(margin=2, base=10.0, gamma=0.1, power=2.0, min_weight=1.0),
    )

    def naive_scale(self, feature: Vector, row: Vector) -> float:
        return naive.norm(row) * naive.norm(feature)


class TestASoftmax(AngularMarginCase):
    variants = (
        *(ASoftmaxSettings(margin=m, base=0.0, min_weight=0.0) for m in (1, 2, 3, 4)),
        ASoftmaxSettings(),
    )

    def naive_logits(
        self, variant: Any, loss: Loss, feature: Vector, weight: Matrix
    ) -> list[float]:
        return naive.inner_products(feature, [naive.unit(row) for row in weight])

    def naive_scale(self, feature: Vector, row: Vector) -> float:
        return naive.norm(feature)


class TestCosine(CosineCase):
    variants = (CosineSettings(), CosineSettings(scale=16.0))


class TestNormFace(CosineCase):
    variants = (NormFaceSettings(), NormFaceSettings(scale=30.0, learned=False))

    def naive_scale(self, variant: Any, loss: Loss, classes: int) -> float:
        if not variant.learned:
            return super().naive_scale(variant, loss, classes)
        return loss.get_parameter("scale").item()


class TestCOCO(CosineCase):
    variants = (COCOSettings(), COCOSettings(scale=20.0))

    def naive_scale(self, variant: Any, loss: Loss, classes: int) -> float:
        if variant.scale != "auto":
            return super().naive_scale(variant, loss, classes)
        return 0.5 * math.log(max(classes - 1, 1) / 1e-4) + 3

    def test_scale_of_known_numbers_of_classes(self) -> None:
        for classes, scale in ((10, 8.70387), (100, 9.90283), (10_572, 12.23812)):
            assert math.isclose(COCOSettings.bound(classes), scale, abs_tol=1e-4)


class TestL2Softmax(CosineCase):
    variants = (
        L2SoftmaxSettings(),
        L2SoftmaxSettings(scale=16.0),
        L2SoftmaxSettings(scale=16, learned=True),
    )

    def naive_logits(
        self, variant: Any, loss: Loss, feature: Vector, weight: Matrix
    ) -> list[float]:
        if variant.learned:
            scale = loss.get_parameter("scale").item()
        elif variant.scale == "auto":
            scale = math.log(0.9 * max(len(weight) - 2, 1) / (1 - 0.9))
        else:
            scale = variant.scale
        return naive.inner_products([scale * item for item in naive.unit(feature)], weight)


class TestCosFace(CosineCase):
    variants = (CosFaceSettings(), CosFaceSettings(margin=0.1, scale=10.0))
    refused = ({"margin": -0.1}, {"scale": 0.0})

    def naive_target(
        self, variant: Any, feature: Vector, row: Vector, logit: float, step: int
    ) -> float:
        cosine = naive.dot(naive.unit(feature), naive.unit(row))
        return float(variant.scale * (cosine - variant.margin))


class TestArcFace(CosineCase):
    variants = (
        ArcFaceSettings(),
        ArcFaceSettings(margin=1.2, scale=10.0),
        ArcFaceSettings(margin=0.0),
    )
    refused = ({"margin": -0.1}, {"margin": 1.6}, {"scale": 0.0})
    rough_at_zero_angle = True

    def naive_target(
        self, variant: Any, feature: Vector, row: Vector, logit: float, step: int
    ) -> float:
        return float(variant.scale * naive.arcface(naive.angle(feature, row), variant.margin))

    def test_exact_computes_the_bits_of_the_epoch(self) -> None:
        """The target's logit as it was before there was another gradient, step by step."""
        loss = ArcFaceSettings(margin=1.0, scale=16.0).build(4, 3)
        generator = torch.Generator().manual_seed(0)
        features, labels = torch.randn((64, 4), generator=generator), torch.arange(64) % 3
        features[0], features[1] = 0.0, -weight_of(loss)[1].detach()
        found = []
        for ours in (True, False):
            given = features.clone().requires_grad_()
            target_B = loss.logits(given)[torch.arange(64), labels]
            if ours:
                value_B = loss.target_logit(target_B, given, labels, 0)
            else:
                cosine_B = (target_B / 16.0).clamp(-1.0, 1.0)
                unit_BD = unit_rows(given)
                class_BD = unit_rows(weight_of(loss)[labels])
                beside_BD = unit_BD - cosine_B.unsqueeze(1) * class_BD
                sine_B = torch.linalg.vector_norm(beside_BD, dim=1)
                sine_B = torch.where(unit_BD.any(dim=1), sine_B, torch.ones_like(sine_B))
                within_B = cosine_B * math.cos(1.0) - sine_B * math.sin(1.0)
                beyond_B = cosine_B - 1.0 * math.sin(1.0)
                value_B = 16.0 * torch.where(cosine_B > -math.cos(1.0), within_B, beyond_B)
            gradients = torch.autograd.grad(value_B.sum(), [given, weight_of(loss)])
            found.append((value_B, *gradients))
        assert all(map(torch.equal, *found))


class TestHinge(LossCase):
    variants = (HingeSettings(), HingeSettings(norm="L2"))
    refused = ({"norm": "L3"},)

    def naive_terms(
        self, variant: Any, loss: Loss, feature: Vector, weight: Matrix, label: int, step: int
    ) -> dict[str, float]:
        power = {"L1": 1, "L2": 2}[variant.norm]
        total = 0.0
        for k, score in enumerate(naive.inner_products(feature, weight)):
            sign = 1 if k == label else -1
            total += max(0.0, 1 - sign * score) ** power
        return {"hinge": total}


class TestCenter(LossCase):
    variants = (CenterSettings(), CenterSettings(center_weight=0.5, center_rate=1.0))
    refused = ({"center_weight": -1.0}, {"center_rate": 1.5})

    def naive_terms(
        self, variant: Any, loss: Loss, feature: Vector, weight: Matrix, label: int, step: int
    ) -> dict[str, float]:
        center = loss.get_buffer("center_KD")[label].tolist()
        away = [f - c for f, c in zip(feature, center, strict=True)]
        logits = naive.inner_products(feature, weight)
        return {
            "cross_entropy": naive.cross_entropy(logits, label),
            "center": variant.center_weight / 2 * naive.dot(away, away),
        }

    def test_centers_follow_their_own_rule(self) -> None:
        for rate in (0.5, 1.0, 0.0):
            loss = CenterSettings(center_rate=rate).build(2, 4).double()
            assert isinstance(loss, CenterLoss)
            features = torch.randn(
                (6, 2), generator=torch.Generator().manual_seed(0), dtype=torch.float64
            )
            labels = torch.tensor([0, 1, 0, 0, 3, 1])  # class 2 has no sample
            centers = [[0.0, 0.0] for _ in range(4)]
            for _ in range(3):
                loss.after_step(features, labels)
                moved = []
                for j, center in enumerate(centers):
                    own = [f for f, y in zip(features.tolist(), labels, strict=True) if y == j]
                    delta = [sum(center[d] - f[d] for f in own) / (1 + len(own)) for d in range(2)]
                    moved.append([center[d] - rate * delta[d] for d in range(2)])
                centers = moved
                torch.testing.assert_close(
                    loss.center_KD, torch.tensor(centers, dtype=torch.float64)
                )

    def test_centers_are_no_parameters(self) -> None:
        loss = CenterSettings().build(2, 4)
        assert [name for name, _ in loss.named_parameters()] == ["weight"]
        assert "center_KD" in loss.state_dict()


def test_a_learned_scale_stays_positive() -> None:
    loss = NormFaceSettings().build(2, 3)
    scale = loss.get_parameter("scale")
    with torch.no_grad():
        scale.fill_(-3.0)
    loss.after_step(torch.zeros(1, 2), torch.tensor([0]))
    assert scale.item() == torch.tensor(0.01).item()


def test_margin_one_is_plain_softmax_bit_for_bit() -> None:
    features = torch.randn((5, 3), generator=torch.Generator().manual_seed(0))
    labels = torch.tensor([0, 1, 2, 3, 0])
    plain = SoftmaxSettings().build(3, 4)
    margin = LSoftmaxSettings(margin=1).build(3, 4)
    margin.load_state_dict(plain.state_dict())
    ours = margin(features, labels, 5).terms["cross_entropy"].value_B
    assert torch.equal(ours, plain(features, labels, 5).terms["cross_entropy"].value_B)
