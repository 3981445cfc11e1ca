"""What makes a comparison unfair, refused before anything runs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from incay.study.errors import shown
from incay.study.spec.arms.building import Arm
from incay.study.spec.arms.stopping import stops_early
from incay.study.spec.header import Header
from incay.study.spec.messages import unknown_key
from incay.study.spec.reading.document import Document
from incay.study.spec.searches.search import search_path
from incay.study.spec.settings import dotted
from incay.trainables import names

_SAME_EFFORT = ("steps", "batch_size", "reports")
"""Settings that decide how much an arm is trained or looked at: the same in every arm, unless
they are what is under test."""


def check_fair(document: Document, header: Header, arms: tuple[Arm, ...], baseline: str) -> None:
    """Refuse a study whose comparison is unfair.

    Raises:
        StudyError: It names the arm and the key.
    """
    _check_validation(document, arms)
    _check_factors(document, header, arms)
    reference = next(arm for arm in arms if arm.name == baseline)
    for arm in arms:
        _check_effort(document, header, arm, reference)
        if header.factors:
            _check_factor(document, header.factors, arm, reference)
    if not header.unequal_ranges:
        _check_ranges(document, arms)
        _check_untuned(document, arms)


def _check_factors(document: Document, header: Header, arms: Iterable[Arm]) -> None:
    """Refuse a declared factor that no arm has: it would blame every arm, or hold nothing."""
    settings = {name for arm in arms for name in dotted(arm.config)} - set(names.DERIVED)
    known = settings | {name.rpartition(".")[0] for name in settings} - {""}
    for factor in header.factors:
        if factor not in known:
            raise document.error(("factor",), unknown_key(factor, known, ()))


def _check_validation(document: Document, arms: Iterable[Arm]) -> None:
    each = tuple(arms)
    stopping = stops_early(each)
    for arm in each:
        split = arm.values.get("split", {})
        if not isinstance(split, Mapping) or split.get("validation") != 0:
            continue
        own = ("arms", arm.source, "split", "validation")
        path = own if document.has(own) else ("base", "split", "validation")
        if arm.search:
            raise document.error(
                path,
                "a search must have a validation split of more than 0, but it is 0: without one "
                f"the winner of {arm.name!r} could be chosen by the test set only",
            )
        if stopping:
            raise document.error(
                path,
                "a study that stops early must have a validation split of more than 0 in every "
                f"arm, but that of {arm.name!r} is 0",
            )


def _check_effort(document: Document, header: Header, arm: Arm, reference: Arm) -> None:
    for key in _SAME_EFFORT:
        own, theirs = getattr(arm.config, key), getattr(reference.config, key)
        if own != theirs and key not in header.factors:
            raise document.error(
                ("arms", arm.source, key),
                f"every arm must have the same {key} as {reference.name!r} ({theirs}), but "
                f"{arm.name!r} has {own}; where {key} is under test, declare it: factor: {key}",
            )


def _check_factor(document: Document, factors: tuple[str, ...], arm: Arm, reference: Arm) -> None:
    def under_test(name: str) -> bool:
        return names.within(name, factors)

    declared = ", ".join(factors)
    for name, value in arm.difference.items():
        if not under_test(name):
            raise document.error(
                ("arms", arm.source, *name.split(".")),
                f"an arm must differ from {reference.name!r} in the declared factor ({declared}) "
                f"only, but {arm.name!r} has {name}={shown(value)}",
            )
    for name in {*arm.search, *reference.search}:
        if under_test(name) or (name in arm.search and name in reference.search):
            continue
        tuned, untuned = (arm, reference) if name in arm.search else (reference, arm)
        raise document.error(
            search_path(document, tuned, name),
            f"a setting outside of the declared factor ({declared}) must be searched in every arm "
            f"or in none, but {tuned.name!r} searches {name} and {untuned.name!r} does not",
        )


def _check_ranges(document: Document, arms: Iterable[Arm]) -> None:
    first: dict[tuple[str, str], tuple[Arm, Mapping[str, Any] | Any]] = {}
    for arm in arms:
        for name, notation in arm.search.items():
            other, range_ = first.setdefault((name, _whose(arm, name)), (arm, notation))
            if range_ != notation:
                raise document.error(
                    search_path(document, arm, name),
                    f"a setting that several arms search must have one range, but {arm.name!r} "
                    f"searches {shown(notation)} and {other.name!r} {shown(range_)}; where that is "
                    "meant, say unequal_ranges: true",
                )


def _whose(arm: Arm, setting: str) -> str:
    """Return the component that a setting belongs to: λ of one form is another than of the next."""
    part = getattr(arm.config, setting.partition(".")[0], None)
    return str(getattr(part, "form", None) or getattr(part, "name", ""))


def _check_untuned(document: Document, arms: Iterable[Arm]) -> None:
    """Refuse an arm that is not searched though it has what others are searched for."""
    tuned: dict[str, Arm] = {}
    for arm in arms:
        for name in arm.search:
            tuned.setdefault(name, arm)
    for arm in arms:
        if arm.search:
            continue
        for name, other in tuned.items():
            if names.matters(arm.config.to_dict(), name):
                raise document.error(
                    search_path(document, other, name),
                    f"an arm must be tuned as hard as the others, but {other.name!r} searches "
                    f"{name} and {arm.name!r}, which has it too, searches nothing; search it for "
                    "all arms, or where that is meant, say unequal_ranges: true",
                )
