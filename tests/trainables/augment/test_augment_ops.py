"""Each operation, an amount for each image, against torchvision's for one image and one amount."""

from __future__ import annotations

import math
from collections.abc import Callable

import pytest
import torch
from torch import Tensor
from torchvision.transforms import InterpolationMode
from torchvision.transforms.v2 import RandAugment, TrivialAugmentWide, functional

from incay.trainables.augment.modules import affine, colors, geometry, resized_crop
from incay.trainables.augment.modules import rand_augment as policies
from incay.trainables.augment.rand_augment import RandAugmentSettings

SHAPES = [(3, 16, 16), (3, 11, 18), (1, 12, 12)]
AMOUNTS = (-0.7, -0.25, 0.0, 0.1, 0.45, 0.9)


def images_of(shape: tuple[int, int, int], count: int = len(AMOUNTS)) -> Tensor:
    """Noise over smooth shades, so that no two neighbours are alike."""
    draw = torch.Generator().manual_seed(1)
    noise = torch.randint(0, 120, (count, *shape), generator=draw)
    rising = torch.linspace(0, 135, shape[1])[:, None] + torch.zeros(shape[2])
    return (noise + rising.round().long()).to(torch.uint8)


def differing(found: Tensor, expected: Tensor, by: int = 0) -> float:
    """The share of numbers that differ by more than `by`."""
    assert found.shape == expected.shape
    assert found.dtype == expected.dtype == torch.uint8
    return ((found.int() - expected.int()).abs() > by).float().mean().item()


ONE: dict[str, tuple[Callable[[Tensor, Tensor], Tensor], Callable[[Tensor, float], Tensor]]] = {
    "brightness": (colors.brightness, functional.adjust_brightness),
    "saturation": (colors.saturation, functional.adjust_saturation),
    "contrast": (colors.contrast, functional.adjust_contrast),
    "sharpness": (colors.sharpness, functional.adjust_sharpness),
    "solarize": (colors.solarize, functional.solarize),
}


@pytest.mark.parametrize("shape", SHAPES, ids=str)
@pytest.mark.parametrize("name", ONE)
def test_colours_are_torchvisions(name: str, shape: tuple[int, int, int]) -> None:
    ours, theirs = ONE[name]
    scale = 255.0 if name == "solarize" else 1.0
    amounts = torch.tensor([(1.0 + amount) * scale / 2 for amount in AMOUNTS])
    images = images_of(shape)
    found = ours(images, amounts)
    expected = torch.stack([theirs(one, float(a)) for one, a in zip(images, amounts, strict=True)])
    # The order of a multiplication and an addition may round a number over an edge.
    assert differing(found, expected, by=1) == 0.0
    assert differing(found, expected) < 0.005


@pytest.mark.parametrize("turns", [-0.5, -0.1, 0.0, 0.02, 0.3])
def test_hue_is_torchvisions(turns: float) -> None:
    images = images_of((3, 16, 16))
    found = colors.hue(images, torch.full((len(images),), turns))
    assert differing(found, functional.adjust_hue(images, turns), by=1) == 0.0


def test_posterize_is_torchvisions() -> None:
    images = images_of((3, 9, 9), 9)
    found = colors.posterize(images, torch.arange(9.0))
    expected = [functional.posterize(one, bits) for bits, one in enumerate(images)]
    assert torch.equal(found, torch.stack(expected))


TABLES = {
    "rand": (RandAugment, (3, 32, 20)),
    "trivial": (TrivialAugmentWide, (3, 32, 20)),
}


@pytest.mark.parametrize("kind", TABLES)
@pytest.mark.parametrize("operation", policies.NAMES)
@pytest.mark.parametrize("sign", [1.0, -1.0])
def test_operations_and_magnitudes_are_torchvisions(kind: str, operation: str, sign: float) -> None:
    cls, shape = TABLES[kind]
    reference = cls()
    ours = (
        policies.RandAugment(RandAugmentSettings(), shape)
        if kind == "rand"
        else policies.TrivialAugment(shape)
    )
    index, levels = policies.NAMES.index(operation), torch.tensor([0, 3, 9, 17, 30])
    given, signed = cls._AUGMENTATION_SPACE[operation]
    table = given(policies.MAGNITUDES, *shape[1:])
    assert bool(policies._SIGNED[index]) is signed
    sign = sign if signed else 1.0
    magnitudes = ours._magnitude_OM[index, levels]
    if table is not None:
        torch.testing.assert_close(magnitudes, table[levels].float())
    images = images_of(shape, len(levels))
    found = policies.apply(images, torch.full((len(levels),), index), magnitudes * sign)
    expected = torch.stack(
        [
            reference._apply_image_or_video_transform(
                image,
                operation,
                0.0 if table is None else float(table[level]) * sign,
                interpolation=InterpolationMode.NEAREST,
                fill={Tensor: None},
            )
            for image, level in zip(images, levels, strict=True)
        ]
    )
    # A pixel between two may be taken from either.
    assert differing(found, expected, by=1) < (0.02 if index < 5 else 0.001)


def test_images_of_a_batch_keep_their_places() -> None:
    images = images_of((3, 8, 8), 14)
    operation = torch.arange(14).flip(0)
    found = policies.apply(images, operation, torch.full((14,), 0.5))
    for index in range(14):
        alone = policies.apply(images[index][None], operation[index][None], torch.tensor([0.5]))
        assert torch.equal(found[index], alone[0])


@pytest.mark.parametrize("change", [(20.0, 2.0, -1.0, 1.2, 10.0), (-75.0, 0.0, 3.0, 0.7, 0.0)])
def test_an_affine_map_is_torchvisions(change: tuple[float, ...]) -> None:
    degrees, right, down, scale, shear = change
    images = images_of((3, 17, 24))
    matrix = affine.inverse(*(torch.full((len(images),), each) for each in change))
    expected = functional.affine(
        images, degrees, translate=[int(right), int(down)], scale=scale, shear=[shear, 0.0]
    )
    assert differing(geometry.warp(images, matrix), expected) < 0.01


@pytest.mark.parametrize("shape", SHAPES, ids=str)
@pytest.mark.parametrize("window", [(0, 0, 8, 8), (3, 2, 5, 9), (1, 4, 7, 4), (2, 3, 1, 1)])
def test_a_resized_crop_is_torchvisions(
    window: tuple[int, int, int, int], shape: tuple[int, int, int]
) -> None:
    images = images_of(shape)
    given = (torch.full((len(images),), float(each)) for each in window)
    found = resized_crop.crop_and_resize(images, *given)
    floats, size = images.float(), list(shape[1:])
    exact = functional.resized_crop(floats, *window, size=size, antialias=True)
    # A number between two bytes may become either.
    assert differing(found, exact.round().to(torch.uint8)) < 0.01
    # Of bytes, torchvision rounds rows before it comes to columns.
    bytewise = functional.resized_crop(images, *window, size=size, antialias=True)
    assert differing(found, bytewise, by=1) == 0.0


def test_the_whole_image_is_a_crop_that_changes_nothing() -> None:
    images = images_of((3, 13, 9))
    whole = (torch.full((len(images),), float(each)) for each in (0, 0, 13, 9))
    assert torch.equal(resized_crop.crop_and_resize(images, *whole), images)


def test_turning_back_restores_the_middle() -> None:
    images = images_of((3, 16, 16))
    quarter = geometry.rotate(torch.full((len(images),), 90.0))
    turned = geometry.warp(images, quarter)
    assert torch.equal(turned, images.rot90(1, (2, 3)))
    assert math.isclose(quarter[0, 1, 0].item(), 1.0)
