"""Arms whose threshold is a multiple of another arm's norm: which may wait for which."""

from __future__ import annotations

from collections.abc import Mapping

from incay.study.spec.arms.building import Arm
from incay.study.spec.arms.places import place_of
from incay.study.spec.messages import unknown_name
from incay.study.spec.reading.document import Document
from incay.trainables.names import THRESHOLD


def check_reference(document: Document, arm: Arm, arms: Mapping[str, Arm]) -> None:
    """Refuse an arm that waits for a norm that there will never be.

    Raises:
        StudyError: It waits for itself, for no arm, for one that waits too, or searches.
    """
    reference = arm.reference
    if reference is None:
        return
    path = place_of(document, arm.source, THRESHOLD.split("."))
    if reference.arm == arm.name:
        raise document.error(
            path,
            "an arm cannot wait for its own norm: the threshold must name another arm, or be "
            f"'{reference.factor:g} x mean' of the arm's own batches",
        )
    if reference.arm not in arms:
        raise document.error(
            path, unknown_name("the arm whose norm is taken", reference.arm, list(arms))
        )
    if arms[reference.arm].reference is not None:
        raise document.error(
            path,
            f"the arm whose norm is taken must have a threshold of its own, but {reference.arm!r} "
            "waits for another arm's norm itself",
        )
    if arm.search:
        raise document.error(
            path,
            "an arm that takes its threshold from another arm's norm must search nothing: while "
            f"it searches, there is no such norm, but {arm.name!r} searches "
            f"{', '.join(arm.search)}",
        )
