"""Checks for components of your own, for a test beside them.

Example::

    from incay.testing import check_loss
    from mine import MineSettings

    def test_mine() -> None:
        check_loss(MineSettings())

Our own components pass the same. What does not hold is an `AssertionError` that says what must
hold and what came. See docs/own-components.md.
"""

from __future__ import annotations

from incay.trainables.conformance import (
    check_augmentation,
    check_dataset,
    check_form,
    check_loss,
    check_measure,
    check_network,
    check_optimizer,
    check_schedule,
)

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
