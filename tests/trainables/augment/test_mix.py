"""mixup and cutmix against loops over images, and what losses make of labels that are shares."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Literal

import numpy as np
import pytest
import torch
from torch import Tensor

from incay.trainables.augment.mix import MixSettings
from incay.trainables.augment.modules.mix import Mix
from incay.trainables.augment.settings import AugmentSettings, why_alone
from incay.trainables.config import TrialConfig
from incay.trainables.losses import losses
from incay.trainables.losses.softmax import SoftmaxSettings

CLASSES = 5
SHAPE = (3, 9, 14)


def batch(count: int = 7) -> tuple[Tensor, Tensor]:
    draw = torch.Generator().manual_seed(0)
    images = torch.randn((count, *SHAPE), generator=draw)
    return images, torch.randint(CLASSES, (count,), generator=draw)


def naive(settings: MixSettings, seed: int) -> tuple[Tensor, Tensor]:
    """Image by image, pixel by pixel."""
    images, labels = batch()
    draw = np.random.default_rng(seed)
    share = float(draw.beta(settings.alpha, settings.alpha))
    partner = draw.permutation(len(images)).tolist()
    mixed, shares = images.clone(), torch.zeros(len(images), CLASSES)
    _, height, width = SHAPE
    inside = np.zeros((height, width), bool)
    if settings.name == "cutmix":
        row, column = int(draw.integers(height)), int(draw.integers(width))
        tall = int(height * (1 - share) ** 0.5) // 2
        wide = int(width * (1 - share) ** 0.5) // 2
        for y in range(height):
            for x in range(width):
                inside[y, x] = row - tall <= y < row + tall and column - wide <= x < column + wide
        share = 1 - float(inside.mean())
    for i, j in enumerate(partner):
        if settings.name == "mixup":
            mixed[i] = share * images[i] + (1 - share) * images[j]
        else:
            mixed[i][:, torch.from_numpy(inside)] = images[j][:, torch.from_numpy(inside)]
        shares[i, labels[i]] += share
        shares[i, labels[j]] += 1 - share
    return mixed, shares


@pytest.mark.parametrize("name", ["mixup", "cutmix"])
@pytest.mark.parametrize("alpha", [0.2, 1.0])
def test_mixing_is_what_a_loop_makes_of_it(name: Literal["mixup", "cutmix"], alpha: float) -> None:
    settings = MixSettings(name=name, alpha=alpha)
    for seed in range(20):
        found, shares = Mix(settings, SHAPE)(*batch(), CLASSES, seed)
        expected, expected_shares = naive(settings, seed)
        torch.testing.assert_close(found, expected)
        torch.testing.assert_close(shares, expected_shares)
        assert found.is_contiguous(memory_format=torch.channels_last)


@pytest.mark.parametrize("alpha", [0.2, 1.0])
def test_shares_are_beta_distributed(alpha: float) -> None:
    mix = Mix(MixSettings(name="mixup", alpha=alpha), (1, 1, 1))
    images, labels = torch.tensor([0.0, 1.0]).view(2, 1, 1, 1), torch.tensor([0, 1])
    seen = [float(mix(images, labels, 2, seed)[1][0, 0]) for seed in range(2_000)]
    drawn = np.array([each for each in seen if each < 1.0])  # half have themselves for a partner
    assert abs(len(drawn) / len(seen) - 0.5) < 0.06
    deviation = 1 / (2 * (2 * alpha + 1) ** 0.5)
    assert abs(drawn.mean() - 0.5) < 5 * deviation / len(drawn) ** 0.5
    assert abs(drawn.std() - deviation) < 0.03


SOFT = [name for name, cls in losses.items() if cls.soft_labels]


def test_margins_take_no_soft_labels() -> None:
    without_margin = ["coco", "cosine", "l2-softmax", "logitnorm", "maxsup", "normface"]
    assert [*without_margin, "softmax", "temperature-softmax"] == SOFT


@pytest.mark.parametrize("name", losses)
def test_a_trial_mixes_only_where_its_loss_takes_shares(name: str) -> None:
    def made() -> TrialConfig:
        augment = AugmentSettings(mix=MixSettings(name="cutmix"))
        return TrialConfig(loss=losses[name](), augment=augment)

    if name in SOFT:
        assert "more than one label" in why_alone(made().augment)
        return
    with pytest.raises(ValueError, match="the loss takes soft labels") as caught:
        made()
    assert str(caught.value).endswith(f"but got 'cutmix and {name}'")


@pytest.mark.parametrize("smoothing", [0.0, 0.1])
def test_softmax_of_shares_is_the_sum_over_classes(smoothing: float) -> None:
    draw = torch.Generator().manual_seed(1)
    features, shares = torch.randn((6, 4), generator=draw), torch.rand((6, CLASSES), generator=draw)
    shares /= shares.sum(1, keepdim=True)
    loss = SoftmaxSettings(smoothing=smoothing).build(4, CLASSES)
    found = loss(features, shares, 0).terms["cross_entropy"].value_B
    logits = loss.logits(features).detach()
    for i in range(6):
        total = float(logits[i].double().exp().sum().log())
        expected = sum(
            ((1 - smoothing) * float(shares[i, k]) + smoothing / CLASSES)
            * (total - float(logits[i, k]))
            for k in range(CLASSES)
        )
        assert found[i].item() == pytest.approx(expected, rel=1e-5)


@pytest.mark.parametrize("name", ["softmax", "center"])
def test_smoothing_spreads_labels_in_training_only(name: str) -> None:
    settings: Any = losses[name]()
    smooth = replace(settings, smoothing=0.2)
    features, labels = torch.randn(6, 4), torch.arange(6) % CLASSES
    torch.manual_seed(0)
    plain = settings.build(4, CLASSES)
    torch.manual_seed(0)
    other = smooth.build(4, CLASSES)
    assert torch.equal(plain.logits(features), other.logits(features))
    logits = plain.logits(features)
    hard = torch.nn.functional.cross_entropy(logits, labels, reduction="none")
    spread = -logits.log_softmax(1).mean(1)
    found = other(features, labels, 0)
    torch.testing.assert_close(found.terms["cross_entropy"].value_B, 0.8 * hard + 0.2 * spread)
    before = plain(features, labels, 0)
    assert torch.equal(before.terms["cross_entropy"].value_B, hard)
    assert torch.equal(before.prediction_B, found.prediction_B)


def test_a_share_of_smoothing_is_below_one() -> None:
    with pytest.raises(ValueError, match="0 <= smoothing < 1 must hold"):
        SoftmaxSettings(smoothing=1.0)
