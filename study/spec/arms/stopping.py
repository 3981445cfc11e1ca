"""Early stopping in a study: all arms hold the same images out, in both phases.

A trial that ends by a validation metric needs images that are held out, also where it confirms. If
only arms that stop early held them out, they would be compared with arms that train on more.
"""

from __future__ import annotations

from collections.abc import Iterable

from incay.study.spec.arms.building import Arm

METRIC = "early_stopping.metric"


def stops_early(arms: Iterable[Arm]) -> bool:
    """Return whether trials of any arm may end early by a validation metric."""
    return any(arm.config.early_stopping.active or METRIC in arm.search for arm in arms)


def stopping_told(arms: Iterable[Arm]) -> list[str]:
    """Return what a plan says of early stopping; nothing where there is none."""
    each = list(arms)
    if not stops_early(each):
        return []
    share = each[0].config.split.validation
    return [
        f"early stopping: {share:.4g} of the training images are held out in all arms, also in "
        "the confirm phase; steps and epochs are those of trials that do not stop"
    ]
