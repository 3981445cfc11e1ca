"""A data set as training needs it: split, on the device, with its mean image."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch

from incay.trainables.config import TrialConfig
from incay.trainables.data.base import ImageData, Split, Verification
from incay.trainables.training.batches import DeviceSplit, Normalizer, split_validation


@dataclass(frozen=True)
class PreparedData:
    """What trials of equal data set, split and preprocessing share: training changes nothing here.

    Attributes:
        train: The images to train on.
        validation: Those held out, None without validation.
        test: The test images; None where the set has none or the split is sealed.
        verification: The set's test by pairs; None like `test`.
        normalize: Preprocesses images; fitted on those to train on.
        image_shape: (channels, height, width).
        num_classes: Classes of the training images.
        background: Unknown samples, which run beside the images to train on; their labels have
            no meaning. None without.
    """

    train: DeviceSplit
    validation: DeviceSplit | None
    test: DeviceSplit | None
    verification: Verification | None
    normalize: Normalizer
    image_shape: tuple[int, int, int]
    num_classes: int
    background: DeviceSplit | None = None


def prepare(config: TrialConfig, data: ImageData, device: torch.device) -> PreparedData:
    """Split a data set as a trial asks for, and bring it to the device."""
    train, validation = split_validation(data.train, config.split)
    opened = config.split.test != "sealed"
    return PreparedData(
        DeviceSplit(train, device),
        DeviceSplit(validation, device) if validation else None,
        DeviceSplit(data.test, device) if opened and data.test else None,
        data.verification if opened else None,
        config.preprocess.fit(train, data, device)
        if config.preprocess.active
        else Normalizer(train, data.mean, data.scale, device),
        data.image_shape,
        data.num_classes,
        _background(data.background, device) if config.incay.background else None,
    )


def _background(images: npt.NDArray[np.uint8] | None, device: torch.device) -> DeviceSplit:
    if images is None:
        raise ValueError("the images of a trial's background must lie beside its own")
    return DeviceSplit(Split(images, np.zeros(len(images), np.int64)), device)
