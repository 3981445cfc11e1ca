"""What every augmentation must keep: see `incay.trainables.augment.modules.base.Augmentation`."""

from __future__ import annotations

import torch
from torch import Tensor

from incay.trainables.augment.base import PolicySettings
from incay.trainables.augment.modules.base import Augmentation, Augmenter
from incay.trainables.augment.settings import AugmentSettings
from incay.trainables.conformance.claims import claim, no_draws
from incay.trainables.conformance.small_trials import check_training, small_config, small_data


def check_augmentation(
    settings: PolicySettings, *, image_shape: tuple[int, int, int] = (3, 16, 16)
) -> str:
    """Check what every augmentation must keep.

    That is: uint8 images of the same shape, and those that it is given left as they are; the same
    images from the same seed and step, whatever came before; global random states as they were;
    a resumed trial that is the uninterrupted one, bit for bit.

    Args:
        settings: The augmentation, as a study would set it.
        image_shape: (channels, height, width); those that it refuses are not tried.

    Returns:
        Why its trials must train one by one where a study asks for stacks; nothing if they can be
        stacked.

    Raises:
        AssertionError: Something does not hold.
    """
    what = f"augmentation {settings.name!r}"
    reason = settings.refusal(image_shape)
    claim(not reason, f"{what} must take images of {image_shape}", reason)
    built = settings.build(image_shape)
    is_one = isinstance(built, Augmentation)
    claim(is_one, f"{what}: build must return an Augmentation", type(built))
    draw = torch.Generator().manual_seed(0)
    images = torch.randint(0, 256, (6, *image_shape), dtype=torch.uint8, generator=draw)
    given, seen = images.clone(), Augmenter((settings,), image_shape, 3, 1)
    with no_draws(f"{what}, outside of what is put back,"):
        first = seen.pixels(images, 0)
    claim_images(what, first, images)
    unchanged = torch.equal(images, given)
    claim(unchanged, f"{what} must leave the images as they are", "other numbers in them")
    seen.pixels(first, 1)
    for again, of in ((seen, "the same one"), (Augmenter((settings,), image_shape, 3, 1), "two")):
        claim(
            torch.equal(again.pixels(images, 0), first),
            f"{what}: the same seed and step must give the same images ({of})",
            "others: it must draw from `draw` or from global states, and remember nothing",
        )
    config = small_config(augment=AugmentSettings(policy=settings))
    return check_training(what, config, small_data(image_shape))


def claim_images(what: str, changed: object, images: Tensor) -> None:
    """Claim that what an augmentation returns are images like those that it was given."""
    if not isinstance(changed, Tensor):
        claim(False, f"{what} must return a tensor", type(changed))
        return
    claim(changed.dtype == torch.uint8, f"{what} must return uint8", changed.dtype)
    got, shape = tuple(changed.shape), tuple(images.shape)
    claim(got == shape, f"{what} must return the shape {shape}", got)
