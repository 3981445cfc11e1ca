"""With all of it off, a batch is what a few plain lines make of it, bit for bit."""

from __future__ import annotations

import hashlib

import numpy as np
import pytest
import torch
from torch import Tensor

from incay.trainables.augment.settings import AugmentSettings, why_alone
from incay.trainables.config import TrialConfig
from incay.trainables.data.base import Split
from incay.trainables.training.batches import DeviceSplit, Normalizer, TrainingBatches

CPU = torch.device("cpu")
SIZE = 12


def seed_of(*parts: object) -> int:
    """As seeds are derived, written again."""
    text = "\x1f".join(map(str, parts)).encode()
    return int.from_bytes(hashlib.sha256(text).digest()[:8], "big") >> 1


def expected(split: Split, step: int, *, flip: bool, pad: int, seed: int) -> tuple[Tensor, Tensor]:
    """Order, mean, scale, flip and padded crop, image by image."""
    epoch, index = divmod(step, len(split.labels) // SIZE)
    order = torch.randperm(
        len(split.labels), generator=torch.Generator().manual_seed(seed_of(seed, "order", epoch))
    )
    chosen = order[index * SIZE : (index + 1) * SIZE]
    mean = (split.images.sum(0, dtype=np.uint64) / len(split.images)).astype(np.float32)
    images = (torch.from_numpy(split.images)[chosen].float() - torch.from_numpy(mean)) * 0.5
    draw = torch.Generator().manual_seed(seed_of(seed, "augment", step))
    if flip:
        mirrored = torch.rand(SIZE, generator=draw) < 0.5
        images = torch.stack(
            [image.flip(2) if yes else image for image, yes in zip(images, mirrored, strict=True)]
        )
    if pad:
        shift = torch.randint(0, 2 * pad + 1, (2, SIZE), generator=draw).tolist()
        height, width = images.shape[2:]
        padded = torch.nn.functional.pad(images, (pad,) * 4)
        images = torch.stack(
            [
                image[:, top : top + height, left : left + width]
                for image, top, left in zip(padded, *shift, strict=True)
            ]
        )
    return images, torch.from_numpy(split.labels)[chosen]


@pytest.mark.parametrize("flip", [False, True])
@pytest.mark.parametrize("pad", [0, 2])
def test_what_is_off_leaves_the_bits_of_before(flip: bool, pad: int) -> None:
    draw = np.random.default_rng(3)
    split = Split(
        draw.integers(0, 256, (40, 3, 6, 7), dtype=np.uint8), np.arange(40, dtype=np.int64) % 4
    )
    batches = TrainingBatches(
        DeviceSplit(split, CPU),
        Normalizer(split, "image", 0.5, CPU),
        AugmentSettings(crop_padding=pad),
        flip=flip,
        batch_size=SIZE,
        seed=9,
        num_classes=4,
    )
    assert batches.augments is (flip or pad > 0)
    for step in (0, 2, 3, 7):
        images, labels = batches(step)
        images_then, labels_then = expected(split, step, flip=flip, pad=pad, seed=9)
        assert torch.equal(images, images_then)
        assert torch.equal(labels, labels_then)
        assert labels.dtype == torch.int64


def test_off_is_the_default_and_builds_nothing() -> None:
    config = TrialConfig()
    assert config.augment.parts == ()
    assert config.augment.build((3, 8, 8), 10, 0) is None
    assert not config.preprocess.active
    assert why_alone(config.augment) == ""
