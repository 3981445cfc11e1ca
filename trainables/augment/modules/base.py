"""The contract of an augmentation, and what calls all that a trial has, step by step.

Images that are to be changed are uint8 (batch, channels, height, width), before normalisation;
only erasing and mixing come after it. Every part draws from a generator of its own, seeded by
(seed, part, step): a resumed run changes images as the uninterrupted one, and to turn one part on
or off leaves the others' draws alone.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, ClassVar

import numpy as np
import torch
from torch import Tensor

from incay.trainables.seeds import derive_seed

if TYPE_CHECKING:
    from incay.trainables.augment.base import AugmentPart


class Augmentation:
    """Changes a batch of images at random. A subclass writes `__call__`.

    Guarantees that every subclass keeps:
        * The result has the shape and the type of the images, which stay as they are.
        * It depends on the images and on what is drawn, and on nothing of earlier batches.
        * All is drawn from `draw`, or from global states, which are seeded before the call and
          put back after it: what torchvision.transforms.v2 draws comes from there.
    """

    draws_globally: ClassVar[bool] = True
    """Whether global states must be seeded; False, and faster, where all comes from `draw`."""

    def __call__(self, images: Tensor, draw: torch.Generator) -> Tensor:
        """Return the changed images.

        Args:
            images: (batch, channels, height, width), on the device.
            draw: A generator on the CPU, so that every device changes images alike.
        """
        raise NotImplementedError


class Augmenter:
    """All parts of a trial's augmentation but flip and padded crop.

    Args:
        parts: Those that are on, in order.
        image_shape: (channels, height, width).
        num_classes: K.
        seed: The trial's.
    """

    def __init__(
        self,
        parts: Sequence[AugmentPart],
        image_shape: tuple[int, int, int],
        num_classes: int,
        seed: int,
    ) -> None:
        self._seed = seed
        self._num_classes = num_classes
        built = {part.part: part.build(image_shape) for part in parts}
        self._mix = built.pop("mix", None)
        self._erasing: Augmentation | None = built.pop("erasing", None)
        self._pixels: dict[str, Augmentation] = built

    def pixels(self, images: Tensor, step: int) -> Tensor:
        """Return a step's uint8 images, changed before they are normalised."""
        for name, augmentation in self._pixels.items():
            images = self._changed(augmentation, images, name, step)
        return images

    def normalized(self, images: Tensor, step: int) -> Tensor:
        """Return a step's float images, changed after all else."""
        if self._erasing is None:
            return images
        return self._changed(self._erasing, images, "erasing", step)

    def mixed(self, images: Tensor, labels_B: Tensor, step: int) -> tuple[Tensor, Tensor]:
        """Return images and labels of a step, mixed where the trial asks for it.

        Labels are (B,), int64; of mixed images shares of classes (B, K), float32.
        """
        if self._mix is None:
            return images, labels_B
        mixed: tuple[Tensor, Tensor] = self._mix(
            images, labels_B, self._num_classes, derive_seed(self._seed, "augment", "mix", step)
        )
        return mixed

    def _changed(self, augmentation: Augmentation, images: Tensor, name: str, step: int) -> Tensor:
        seed = derive_seed(self._seed, "augment", name, step)
        draw = torch.Generator().manual_seed(seed)
        if not augmentation.draws_globally:
            return augmentation(images, draw)
        with _global_states(images.device, seed):
            return augmentation(images, draw)


def to_device(values: Tensor, device: torch.device) -> Tensor:
    """Return what was drawn on the CPU on the device, without waiting for it."""
    if device.type == "cuda":
        values = values.pin_memory()  # from other memory, the copy would wait for the device
    return values.to(device, non_blocking=True)


@contextmanager
def _global_states(device: torch.device, seed: int) -> Iterator[None]:
    """Seed the global states of Python, NumPy and PyTorch for as long as the block runs."""
    python, numpy = random.getstate(), np.random.get_state()
    cuda = device.type == "cuda"
    index = torch.cuda.current_device() if cuda and device.index is None else device.index
    try:
        with torch.random.fork_rng(devices=[index] if cuda else []):
            torch.default_generator.manual_seed(seed)
            if cuda:
                torch.cuda.default_generators[index].manual_seed(seed)
            random.seed(seed)
            np.random.seed(seed % 2**32)
            yield
    finally:
        random.setstate(python)
        np.random.set_state(numpy)
