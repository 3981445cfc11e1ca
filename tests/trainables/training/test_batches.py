"""Batches: normalisation, order, flips and crops; each pixel comes from the right place."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import Tensor

from incay.trainables.augment.settings import AugmentSettings
from incay.trainables.data.base import Split
from incay.trainables.training.batches import DeviceSplit, Normalizer, TrainingBatches

CPU = torch.device("cpu")
HEIGHT, WIDTH = 5, 7


def coordinates(count: int) -> Split:
    """Images whose channels are row + 1, column + 1 and the image's own number + 1."""
    images = np.empty((count, 3, HEIGHT, WIDTH), np.uint8)
    images[:, 0] = np.arange(1, HEIGHT + 1)[:, None]
    images[:, 1] = np.arange(1, WIDTH + 1)
    images[:, 2] = np.arange(1, count + 1)[:, None, None]
    return Split(images, np.arange(count))


def batches(
    split: Split, *, flip: bool = False, padding: int = 0, size: int = 8, seed: int = 0
) -> TrainingBatches:
    return TrainingBatches(
        DeviceSplit(split, CPU),
        Normalizer(split, 0.0, 1.0, CPU),
        AugmentSettings(crop_padding=padding),
        flip=flip,
        batch_size=size,
        seed=seed,
    )


def raw(split: Split, labels: Tensor) -> Tensor:
    """The stored images of a batch, as floats."""
    return torch.from_numpy(split.images)[labels].float()


def test_without_augmentation_a_batch_is_its_images() -> None:
    split = coordinates(20)
    images, labels = batches(split)(3)
    torch.testing.assert_close(images, raw(split, labels))
    assert images.is_contiguous(memory_format=torch.channels_last)


def test_an_epoch_has_every_image_once_and_the_next_another_order() -> None:
    draw = batches(coordinates(24), size=8)
    epochs = [torch.cat([draw(step)[1] for step in range(start, start + 3)]) for start in (0, 3)]
    for epoch in epochs:
        assert epoch.sort().values.tolist() == list(range(24))
    assert not torch.equal(*epochs)


def test_an_incomplete_batch_is_left_out() -> None:
    draw = batches(coordinates(20), size=8)
    first = torch.cat([draw(step)[1] for step in (0, 1)])
    assert len(first) == len(first.unique()) == 16
    assert all(len(draw(step)[1]) == 8 for step in range(6))


def test_a_batch_is_no_larger_than_the_set() -> None:
    assert len(batches(coordinates(3), size=8)(5)[1]) == 3


def test_a_batch_depends_on_seed_and_step_only() -> None:
    split = coordinates(20)
    forward, backward = batches(split, flip=True, padding=2), batches(split, flip=True, padding=2)
    seen = {step: forward(step) for step in range(6)}
    for step in reversed(range(6)):
        images, labels = backward(step)
        assert torch.equal(images, seen[step][0])
        assert torch.equal(labels, seen[step][1])
    assert not torch.equal(batches(split, seed=1)(0)[1], seen[0][1])


def test_augmentation_leaves_the_order_and_the_global_random_state_alone() -> None:
    split = coordinates(20)
    before = torch.random.get_rng_state()
    plain, augmented = batches(split), batches(split, flip=True, padding=2)
    for step in range(6):
        assert torch.equal(plain(step)[1], augmented(step)[1])
    assert torch.equal(torch.random.get_rng_state(), before)


def test_an_image_is_mirrored_whole_or_not_at_all() -> None:
    split = coordinates(64)
    draw = batches(split, flip=True, size=64)
    mirrored = []
    for step in range(20):
        images, labels = draw(step)
        for image, stored in zip(images, raw(split, labels), strict=True):
            mirrored.append(torch.equal(image, stored.flip(2)))
            assert mirrored[-1] or torch.equal(image, stored)
    # 1,280 fair coins: 5 standard deviations.
    assert abs(np.mean(mirrored) - 0.5) < 5 * 0.5 / np.sqrt(len(mirrored))


def windows(stored: Tensor, padding: int) -> dict[bytes, tuple[int, int]]:
    """Every window of the zero-padded image, with its offset."""
    padded = torch.nn.functional.pad(stored, (padding,) * 4)
    return {
        padded[:, top : top + HEIGHT, left : left + WIDTH].numpy().tobytes(): (top, left)
        for top in range(2 * padding + 1)
        for left in range(2 * padding + 1)
    }


@pytest.mark.parametrize("flip", [False, True])
@pytest.mark.parametrize("padding", [1, 3])
def test_a_crop_is_a_window_of_the_padded_image(padding: int, flip: bool) -> None:
    split = coordinates(64)
    draw = batches(split, flip=flip, padding=padding, size=64)
    offsets = set()
    for step in range(10):
        images, labels = draw(step)
        assert images.shape == (64, 3, HEIGHT, WIDTH)
        for image, stored in zip(images, raw(split, labels), strict=True):
            allowed = windows(stored, padding)
            if flip:
                allowed |= windows(stored.flip(2), padding)
            offsets.add(allowed[image.contiguous().numpy().tobytes()])
    assert len(offsets) == (2 * padding + 1) ** 2


def test_the_mean_image_is_subtracted_and_the_rest_scaled() -> None:
    draw = np.random.default_rng(0)
    images = draw.integers(0, 256, (30, 2, 4, 4), dtype=np.uint8)
    split = Split(images, np.zeros(30, np.int64))
    found = Normalizer(split, "image", 1 / 255, CPU)(torch.from_numpy(images[:5]))
    expected = (images[:5] - images.astype(np.float64).mean(axis=0)) / 255
    np.testing.assert_allclose(found.numpy(), expected, atol=1e-6)


def test_a_number_is_subtracted_from_all_pixels() -> None:
    images = np.array([0, 127, 128, 255], np.uint8).reshape(1, 1, 2, 2)
    normalize = Normalizer(Split(images, np.zeros(1, np.int64)), 127.5, 1 / 128, CPU)
    expected = np.array([-127.5, -0.5, 0.5, 127.5]) / 128
    np.testing.assert_allclose(normalize(torch.from_numpy(images)).numpy().ravel(), expected)


def test_stored_images_are_never_written_to() -> None:
    split = coordinates(20)
    split.images.flags.writeable = False
    before = split.images.copy()
    draw = batches(split, flip=True, padding=2)
    for step in range(4):
        draw(step)[0].zero_()
    np.testing.assert_array_equal(split.images, before)
