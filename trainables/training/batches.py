"""Training batches, made on the device from images that stay uint8 until they are needed."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Literal

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from incay.trainables.data.base import Split
from incay.trainables.seeds import derive_seed
from incay.trainables.training.seeds import generator
from incay.trainables.training.settings import SplitSettings

if TYPE_CHECKING:
    from incay.trainables.augment.settings import AugmentSettings


class DeviceSplit:
    """One split on the device.

    Attributes:
        images: (count, channels, height, width), uint8.
        labels: (count,), int64.
    """

    def __init__(self, split: Split, device: torch.device) -> None:
        with warnings.catch_warnings():
            # Ray's shared arrays are read-only; nothing here writes to them.
            warnings.filterwarnings("ignore", message="The given NumPy array is not writable")
            self.images = torch.from_numpy(split.images).to(device)
            self.labels = torch.from_numpy(split.labels).to(device)

    def __len__(self) -> int:
        return len(self.labels)


class Normalizer:
    """Subtracts the mean and scales: by default the mean image (both papers, section 4.1).

    Args:
        split: The training images.
        mean: Their mean image, or one number for all pixels.
        scale: Multiplies what remains.
        device: Where images are normalised.
    """

    def __init__(
        self, split: Split, mean: Literal["image"] | float, scale: float, device: torch.device
    ) -> None:
        # Summed in uint64: the mean does not depend on the order of images.
        subtracted = (
            split.images.sum(axis=0, dtype=np.uint64) / len(split.images)
            if mean == "image"
            else np.array(mean)
        )
        self.mean = torch.from_numpy(subtracted.astype(np.float32)).to(device)
        self.scale = scale

    def __call__(self, images: Tensor) -> Tensor:
        """Return float32 images in channels-last layout."""
        floats = images.to(torch.float32, memory_format=torch.channels_last)
        return floats.sub_(self.mean).mul_(self.scale)


class TrainingBatches:
    """The images of each step: shuffled epochs, without replacement, wrapping around.

    Augmentation of uint8 images comes first, then normalisation, flip and padded crop, and last
    erasing and mixing.

    Stateless: batch t is a function of (seed, t), so that a resumed run sees what the
    uninterrupted one would have seen.
    """

    def __init__(
        self,
        split: DeviceSplit,
        normalize: Normalizer,
        augment: AugmentSettings,
        *,
        flip: bool,
        batch_size: int,
        seed: int,
        num_classes: int = 0,
    ) -> None:
        self._split = split
        self._normalize = normalize
        self._flip = flip
        self._padding = augment.crop_padding
        channels, height, width = split.images.shape[1:]
        self._augmenter = augment.build((channels, height, width), num_classes, seed)
        self._size = min(batch_size, len(split))
        self._per_epoch = len(split) // self._size
        self._seed = seed
        self._epoch = -1
        self._order = torch.empty(0)
        self._device = split.labels.device
        self._generator = torch.Generator(device=self._device)

    @property
    def augments(self) -> bool:
        """Whether images are changed at random."""
        return self._flip or self._padding > 0 or self._augmenter is not None

    def __call__(self, step: int) -> tuple[Tensor, Tensor]:
        """Return (images, labels) of a step, on the device.

        Labels are classes (B,), int64; where images are mixed, shares of classes (B, K), float32.
        """
        chosen = self.indices(step)
        images = self._split.images.index_select(0, chosen)
        labels = self._split.labels.index_select(0, chosen)
        if self._augmenter is not None:
            images = self._augmenter.pixels(images, step)
        images = self._normalize(images)
        if self._flip or self._padding:
            images = self._augment(images, step)
        if self._augmenter is not None:
            images = self._augmenter.normalized(images, step)
            images, labels = self._augmenter.mixed(images, labels, step)
        return images, labels

    def indices(self, step: int) -> Tensor:
        """Return which images of the split make up a step's batch, on the device."""
        epoch, index = divmod(step, self._per_epoch)
        if epoch != self._epoch:
            self._start_epoch(epoch)
        return self._order[index * self._size : (index + 1) * self._size]

    def _start_epoch(self, epoch: int) -> None:
        # Shuffled on the CPU, so that the order is the same on every device.
        shuffle = generator(torch.device("cpu"), self._seed, "order", epoch)
        order = torch.randperm(len(self._split), generator=shuffle)
        if self._device.type == "cuda":
            order = order.pin_memory()  # from other memory, the copy would wait for the device
        self._order = order.to(self._device, non_blocking=True)
        self._epoch = epoch

    def _augment(self, images: Tensor, step: int) -> Tensor:
        self._generator.manual_seed(derive_seed(self._seed, "augment", step))
        count = len(images)
        if self._flip:
            chosen = torch.rand(count, generator=self._generator, device=self._device) < 0.5
            images = torch.where(chosen.view(-1, 1, 1, 1), images.flip(3), images)
        if self._padding:
            images = self._crop(images)
        return images.contiguous(memory_format=torch.channels_last)

    def _crop(self, images: Tensor) -> Tensor:
        """Pad with zeros (the mean image) and cut out the original size at random offsets."""
        pad = self._padding
        count, _, height, width = images.shape
        shift = torch.randint(
            0, 2 * pad + 1, (2, count), generator=self._generator, device=self._device
        )
        rows = shift[0, :, None] + torch.arange(height, device=self._device)  # (B, H)
        columns = shift[1, :, None] + torch.arange(width, device=self._device)  # (B, W)
        padded = torch.nn.functional.pad(images, (pad, pad, pad, pad))
        batch = torch.arange(count, device=self._device)[:, None, None]
        cut = padded.permute(0, 2, 3, 1)[batch, rows[:, :, None], columns[:, None, :]]
        return cut.permute(0, 3, 1, 2)


def split_validation(train: Split, settings: SplitSettings) -> tuple[Split, Split | None]:
    """Return the images to train on and those held out for validation, stratified by class."""
    if settings.validation == 0.0:
        return train, None
    held_out: list[npt.NDArray[np.int64]] = []
    for label in np.unique(train.labels):
        members = np.flatnonzero(train.labels == label)
        draw = np.random.default_rng(derive_seed(settings.seed, "validation", int(label)))
        count = round(settings.validation * len(members))
        held_out.append(draw.permutation(members)[:count])
    chosen = np.zeros(len(train.labels), bool)
    chosen[np.concatenate(held_out)] = True
    if chosen.all() or not chosen.any():
        return train, None
    return (
        Split(train.images[~chosen], train.labels[~chosen]),
        Split(train.images[chosen], train.labels[chosen]),
    )
