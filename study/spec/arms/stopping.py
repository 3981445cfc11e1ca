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
        "the confirm phase; steps and epochs are those of trials that do not stop",
        *_never(each),
    ]


def may_end_early(arms: Iterable[Arm]) -> bool:
    """Return whether any trial can end before its last step."""
    return any(can_stop(arm) for arm in arms)


def can_stop(arm: Arm) -> bool:
    """Return whether an arm has reports enough for a trial to end before its last step."""
    stopping = arm.config.early_stopping
    searched = {METRIC, "early_stopping.patience"} & arm.search.keys()
    # The first report is the best one so far; the last one ends a trial anyway.
    return bool(searched) or (stopping.active and stopping.patience + 1 < arm.config.reports)


def _never(arms: Iterable[Arm]) -> list[str]:
    """Return what is to be said of arms that keep their best report, and never end early."""
    told: dict[str, list[str]] = {}
    for arm in arms:
        if arm.config.early_stopping.active and not can_stop(arm):
            patience = arm.config.early_stopping.patience
            asked = f"reports={arm.config.reports} and early_stopping.patience={patience}"
            told.setdefault(asked, []).append(repr(arm.name))
    return [
        f"with {asked} no trial of {', '.join(names)} ends early; it keeps the weights of its best "
        "report"
        for asked, names in told.items()
    ]
