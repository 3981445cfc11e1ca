"""AdaFace and CurricularFace: losses that remember something from batch to batch."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import naive_losses as naive
import pytest
import torch
from loss_checks import weight_of
from loss_kinds import StoppedCase
from naive_losses import Matrix, Vector

from incay.trainables.averaging import AverageSettings
from incay.trainables.conformance.small_trials import check_training, small_config, small_data
from incay.trainables.losses.base import LossSettings
from incay.trainables.losses.margins.adaface import AdaFaceSettings
from incay.trainables.losses.margins.curricularface import CurricularFaceSettings
from incay.trainables.losses.modules.base import Loss
from incay.trainables.optimizers.sgd import SGDSettings

torch.set_num_threads(1)


@pytest.mark.parametrize(
    "settings", [AdaFaceSettings(scale=8.0), CurricularFaceSettings(scale=8.0)]
)
@pytest.mark.parametrize("average", ["none", "ema"])
def test_a_trial_in_parts_and_with_averages_resumes_bit_for_bit(
    settings: LossSettings, average: Any
) -> None:
    config = small_config(
        loss=settings,
        optimizer=SGDSettings(lr=0.001, accumulate=3),
        average=AverageSettings(name=average, start=0.0),
    )
    check_training(settings.name, config, small_data())


class TestAdaFace(StoppedCase):
    variants = (AdaFaceSettings(), AdaFaceSettings(margin=0.2, concentration=2.0, rate=0.5))
    refused = ({"margin": -0.1}, {"rate": 1.5}, {"concentration": -1.0}, {"scale": 0.0})
    rough_at_zero_angle = True

    def fill_buffers(self, loss: Loss) -> None:
        loss.get_buffer("mean").fill_(1.5)
        loss.get_buffer("deviation").fill_(0.7)

    def held(self, variant: Any, loss: Loss, given: list[Vector], labels: list[int]) -> list[Any]:
        lengths = [min(max(naive.norm(feature), 0.001), 100.0) for feature in given]
        mean, deviation = statistics(lengths, loss, variant.rate)
        scaled = [variant.concentration * (x - mean) / (deviation + 0.001) for x in lengths]
        return [min(max(each, -1.0), 1.0) for each in scaled]

    def naive_held(
        self, variant: Any, loss: Loss, feature: Vector, weight: Matrix, label: int, held: float
    ) -> dict[str, float]:
        turned = naive.angle(feature, weight[label]) - variant.margin * held
        cosine = math.cos(min(max(turned, 0.0), math.pi))
        target = variant.scale * (cosine - variant.margin - variant.margin * held)
        logits = self.naive_logits(variant, loss, feature, weight)
        return {"cross_entropy": naive.with_target_changed(logits, label, target)}

    def test_running_statistics(self) -> None:
        loss = AdaFaceSettings(rate=0.25).build(2, 3).double()
        generator = torch.Generator().manual_seed(0)
        mean, deviation = 20.0, 100.0
        for count in (6, 1, 4):
            features = 30.0 * torch.randn((count, 2), generator=generator, dtype=torch.float64)
            lengths = [min(max(naive.norm(each), 0.001), 100.0) for each in features.tolist()]
            mean, deviation = statistics(lengths, loss, 0.25)
            loss.after_step(features, torch.zeros(count, dtype=torch.long))
            assert math.isclose(loss.get_buffer("mean").item(), mean)
            assert math.isclose(loss.get_buffer("deviation").item(), deviation)

    def test_the_norm_has_no_gradient(self) -> None:
        loss = AdaFaceSettings().build(3, 4).double()
        features = torch.randn(
            (5, 3), generator=torch.Generator().manual_seed(0), dtype=torch.float64
        ).requires_grad_()
        value = loss(features, torch.tensor([0, 1, 2, 3, 0]), 0).terms["cross_entropy"].value_B
        (slope,) = torch.autograd.grad(value.sum(), features)
        along = torch.linalg.vecdot(slope, features)
        torch.testing.assert_close(along, torch.zeros_like(along), atol=1e-9, rtol=0.0)


def statistics(lengths: Sequence[float], loss: Loss, rate: float) -> tuple[float, float]:
    """Return the running mean and standard deviation with a batch taken in."""
    own = math.fsum(lengths) / len(lengths)
    mean = rate * own + (1.0 - rate) * loss.get_buffer("mean").item()
    deviation = loss.get_buffer("deviation").item()
    if len(lengths) > 1:
        squares = math.fsum((x - own) ** 2 for x in lengths)
        deviation = rate * math.sqrt(squares / (len(lengths) - 1)) + (1.0 - rate) * deviation
    return mean, deviation


class TestCurricularFace(StoppedCase):
    variants = (
        CurricularFaceSettings(),
        CurricularFaceSettings(margin=0.9, scale=10.0, rate=0.5),
        CurricularFaceSettings(margin=0.0, scale=8.0, rate=1.0),
    )
    refused = ({"margin": 1.6}, {"rate": -0.1}, {"scale": 0.0})
    rough_at_zero_angle = True

    def fill_buffers(self, loss: Loss) -> None:
        loss.get_buffer("progress").fill_(0.4)

    def held(self, variant: Any, loss: Loss, given: list[Vector], labels: list[int]) -> list[Any]:
        weight = weight_of(loss).tolist()
        own = [
            math.cos(naive.angle(feature, weight[label]))
            for feature, label in zip(given, labels, strict=True)
        ]
        mean = math.fsum(own) / len(own)
        t = variant.rate * mean + (1.0 - variant.rate) * loss.get_buffer("progress").item()
        found = []
        for feature, label in zip(given, labels, strict=True):
            border = math.cos(naive.angle(feature, weight[label]) + variant.margin)
            found.append((t, [c > border + 1e-12 for c in naive.cosines(feature, weight)]))
        return found

    def naive_held(
        self, variant: Any, loss: Loss, feature: Vector, weight: Matrix, label: int, held: Any
    ) -> dict[str, float]:
        t, hard = held
        cosines = naive.cosines(feature, weight)
        logits = [c * (t + c) if is_hard else c for c, is_hard in zip(cosines, hard, strict=True)]
        logits[label] = naive.arcface(naive.angle(feature, weight[label]), variant.margin)
        scaled = [variant.scale * each for each in logits]
        return {"cross_entropy": naive.cross_entropy(scaled, label)}

    def test_t_is_the_running_mean_of_the_targets_cosines_before_the_step(self) -> None:
        loss = CurricularFaceSettings(rate=0.25).build(2, 3).double()
        generator = torch.Generator().manual_seed(0)
        t = 0.0
        for count in (6, 1, 4):
            features = torch.randn((count, 2), generator=generator, dtype=torch.float64)
            labels = torch.randint(3, (count,), generator=generator)
            weight = weight_of(loss).tolist()
            own = [
                math.cos(naive.angle(f, weight[y]))
                for f, y in zip(features.tolist(), labels.tolist(), strict=True)
            ]
            t = 0.25 * math.fsum(own) / count + 0.75 * t
            for part, theirs in zip(features.split(4), labels.split(4), strict=True):
                loss(part, theirs, 0)  # parts of a batch, as optimizer.accumulate makes them
            with torch.no_grad():
                weight_of(loss).add_(0.3)  # the optimiser's step
            loss.after_step(features, labels)
            assert math.isclose(loss.get_buffer("progress").item(), t, rel_tol=1e-9)
