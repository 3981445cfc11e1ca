"""What every component must keep, as checks that a test calls: `incay.testing` is their door.

They are this package's own tests of what is common to all components of a kind, so that a user's
component is held to the same. No file here needs pytest. What does not hold is an
`AssertionError` that says what must hold and what came.
"""

from incay.trainables.conformance.augmentations import check_augmentation
from incay.trainables.conformance.datasets import check_dataset
from incay.trainables.conformance.forms import check_form
from incay.trainables.conformance.losses import check_loss
from incay.trainables.conformance.measures import check_measure
from incay.trainables.conformance.networks import check_network
from incay.trainables.conformance.optimizers import check_optimizer
from incay.trainables.conformance.schedules import check_schedule

__all__ = [
    "check_augmentation",
    "check_dataset",
    "check_form",
    "check_loss",
    "check_measure",
    "check_network",
    "check_optimizer",
    "check_schedule",
]
