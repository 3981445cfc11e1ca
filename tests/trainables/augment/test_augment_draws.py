"""What parts draw: in range, for each image, of one seed and step, and without waiting."""

from __future__ import annotations

import random
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from incay.testing import check_augmentation
from incay.trainables.augment import policies
from incay.trainables.augment.affine import AffineSettings
from incay.trainables.augment.base import AugmentPart
from incay.trainables.augment.erasing import ErasingSettings
from incay.trainables.augment.jitter import JitterSettings
from incay.trainables.augment.mix import MixSettings
from incay.trainables.augment.modules.base import Augmentation, Augmenter
from incay.trainables.augment.modules.erasing import Erasing
from incay.trainables.augment.modules.resized_crop import ResizedCrop
from incay.trainables.augment.resized_crop import ResizedCropSettings
from incay.trainables.augment.settings import AugmentSettings

torch.set_num_threads(1)
SHAPE = (3, 12, 10)
PARTS: tuple[AugmentPart, ...] = (
    ResizedCropSettings(min_area=0.2),
    JitterSettings(brightness=0.4, contrast=0.4, saturation=0.4, hue=0.1),
    *(policies[name]() for name in policies if name != "none"),
    AffineSettings(degrees=30.0, translate=0.2, scale=0.2, shear=10.0),
    ErasingSettings(probability=0.7),
    MixSettings(name="mixup"),
    MixSettings(name="cutmix"),
)


def batch(count: int = 24) -> Tensor:
    draw = torch.Generator().manual_seed(0)
    return torch.randint(0, 256, (count, *SHAPE), dtype=torch.uint8, generator=draw)


def changed(part: AugmentPart, images: Tensor, step: int, seed: int = 0) -> Any:
    augmenter = Augmenter((part,), SHAPE, 3, seed)
    pixels = augmenter.pixels(images, step)
    floats = augmenter.normalized(pixels.float() + 1.0, step)
    labels = torch.arange(len(images), device=images.device) % 3
    return augmenter.mixed(floats, labels, step)


@pytest.mark.parametrize("part", PARTS, ids=lambda part: f"{part.part} {getattr(part, 'name', '')}")
class TestOfEachPart:
    def test_a_batch_is_of_seed_and_step_only(self, part: AugmentPart) -> None:
        images = batch()
        given, state = images.clone(), torch.get_rng_state()
        seen = {step: changed(part, images, step) for step in range(3)}
        for step in (2, 0, 1):
            for one, again in zip(seen[step], changed(part, images, step), strict=True):
                assert torch.equal(one, again)
        assert not torch.equal(seen[0][0], seen[1][0])
        assert not torch.equal(seen[0][0], changed(part, images, 0, seed=1)[0])
        assert torch.equal(images, given)
        assert torch.equal(torch.get_rng_state(), state)

    def test_nothing_is_asked_of_the_device(self, part: AugmentPart) -> None:
        """Tensors without numbers: to read one, or to mix devices, would be an error."""
        images, _ = changed(part, batch().to("meta"), 0)
        assert images.device.type == "meta"


@pytest.mark.parametrize("name", [name for name in policies if name != "none"])
@pytest.mark.parametrize("channels", [1, 3])
def test_every_policy_keeps_what_every_augmentation_must_keep(name: str, channels: int) -> None:
    assert check_augmentation(policies[name](), image_shape=(channels, 16, 16)) == ""


def test_global_draws_are_repeated_and_put_back() -> None:
    class Global(Augmentation):
        def __call__(self, images: Tensor, draw: torch.Generator) -> Tensor:
            by = random.randrange(99) + int(np.random.randint(99)) + int(torch.randint(99, (1,)))
            return images + by

    augmenter = Augmenter((), SHAPE, 3, 5)
    augmenter._pixels = {"policy": Global()}
    before = random.getstate(), torch.get_rng_state(), np.random.get_state(legacy=True)[1].tolist()
    first = augmenter.pixels(batch(), 4)
    torch.rand(7), random.random(), np.random.rand()
    assert torch.equal(augmenter.pixels(batch(), 4), first)
    assert not torch.equal(augmenter.pixels(batch(), 5), first)
    random.setstate(before[0])
    torch.set_rng_state(before[1])
    augmenter.pixels(batch(), 4)
    assert random.getstate() == before[0]
    assert torch.equal(torch.get_rng_state(), before[1])


def test_windows_lie_in_the_image_and_have_the_drawn_areas() -> None:
    crop = ResizedCrop(ResizedCropSettings(min_area=0.2), (3, 40, 60))
    top, left, height, width = crop.windows(20_000, torch.Generator().manual_seed(0))
    assert ((top >= 0) & (top + height <= 40) & (left >= 0) & (left + width <= 60)).all()
    assert ((height >= 1) & (width >= 1)).all()
    area = height * width / 2400
    assert area.min() > 0.18  # sides are whole pixels
    assert area.max() <= 1.0
    ratio = width / height
    assert ratio.min() > 0.70
    assert ratio.max() < 1.43
    assert top[height < 30].unique().numel() > 20


def test_a_window_that_never_fits_is_the_largest_of_an_allowed_shape() -> None:
    crop = ResizedCrop(ResizedCropSettings(min_area=1.0, max_ratio=1.0), (3, 10, 40))
    _, _, height, width = crop.windows(50, torch.Generator().manual_seed(0))
    assert (height == 10).all()
    assert (width == 10).all()


def test_rectangles_have_the_drawn_areas_and_shares() -> None:
    erasing = Erasing(ErasingSettings(probability=0.4), (3, 40, 60))
    top, left, height, width = erasing.rectangles(20_000, torch.Generator().manual_seed(0))
    some = height > 0
    assert abs(some.double().mean().item() - 0.4) < 5 * (0.24 / 20_000) ** 0.5
    area = (height * width / 2400)[some]
    assert 0.01 < area.min() < 0.03
    assert 0.37 < area.max() < 0.42
    assert ((top + height <= 40) & (left + width <= 60)).all()


def test_erased_is_zero_in_one_rectangle_and_nothing_else_changes() -> None:
    erasing = Erasing(ErasingSettings(probability=1.0), SHAPE)
    images = batch().float() + 1.0
    found = erasing(images, torch.Generator().manual_seed(3))
    boxes = erasing.rectangles(len(images), torch.Generator().manual_seed(3))
    for image, given, (top, left, height, width) in zip(
        found, images, torch.stack(boxes, 1).long().tolist(), strict=True
    ):
        expected = given.clone()
        expected[:, top : top + height, left : left + width] = 0.0
        assert torch.equal(image, expected)


def test_parts_do_not_move_each_others_draws() -> None:
    both = AugmentSettings(policy=policies["rand_augment"](), mix=MixSettings(name="mixup"))
    alone = AugmentSettings(mix=MixSettings(name="mixup"))
    labels = torch.arange(24) % 3
    shares = []
    for settings in (both, alone):
        augmenter = settings.build(SHAPE, 3, 0)
        assert augmenter is not None
        shares.append(augmenter.mixed(batch().float(), labels, 0)[1])
    assert torch.equal(*shares)
