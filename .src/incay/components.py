"""What a component of your own is made of: everything that its file imports.

A study that says ``uses: [mine.py]`` finds by name what ``mine.py`` registers::

    from incay.components import ClassifierLoss, Loss, LossSettings, register_loss

See docs/own-components.md. A name that is not here may change at any time.
"""

from __future__ import annotations

from incay.trainables.augment import PolicySettings, register_augmentation
from incay.trainables.augment.modules.base import Augmentation
from incay.trainables.data import (
    DataError,
    DatasetSettings,
    ImageData,
    Split,
    register_dataset,
)
from incay.trainables.data.base import hash_files, require_root
from incay.trainables.incay import FormBatch, IncayForm, register_form
from incay.trainables.losses import LossSettings, register_loss
from incay.trainables.losses.modules.base import ClassifierLoss, Loss, LossOutput, Term
from incay.trainables.measures import Measure, Records, register_measure
from incay.trainables.networks import NetworkSettings, register_network
from incay.trainables.networks.modules.base import FeatureNetwork
from incay.trainables.optimizers import OptimizerSettings, register_optimizer
from incay.trainables.schedules import Schedule, ScheduleSettings, register_schedule
from incay.trainables.settings import require, require_finite

__all__ = [
    "Augmentation",
    "ClassifierLoss",
    "DataError",
    "DatasetSettings",
    "FeatureNetwork",
    "FormBatch",
    "ImageData",
    "IncayForm",
    "Loss",
    "LossOutput",
    "LossSettings",
    "Measure",
    "NetworkSettings",
    "OptimizerSettings",
    "PolicySettings",
    "Records",
    "Schedule",
    "ScheduleSettings",
    "Split",
    "Term",
    "hash_files",
    "register_augmentation",
    "register_dataset",
    "register_form",
    "register_loss",
    "register_measure",
    "register_network",
    "register_optimizer",
    "register_schedule",
    "require",
    "require_finite",
    "require_root",
]
