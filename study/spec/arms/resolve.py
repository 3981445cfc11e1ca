"""All arms of a study: those of its file, its grids and its ablation, checked side by side."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import replace

from incay.study.errors import shown
from incay.study.spec.arms.ablation import ablated
from incay.study.spec.arms.building import Arm, arms_of, cell_count, with_difference
from incay.study.spec.arms.idle import computed, keeps_from_acting
from incay.study.spec.arms.places import place_of
from incay.study.spec.arms.references import check_reference
from incay.study.spec.arms.stopping import stops_early
from incay.study.spec.checks.size import check_arm_count
from incay.study.spec.header import Header
from incay.study.spec.reading.document import Document
from incay.study.spec.reading.texts import alike, check_name
from incay.study.spec.searches.search import (
    check_end_count,
    check_ends,
    check_grid,
    check_sections,
    ranges_of,
    search_path,
)
from incay.study.spec.settings import dotted

_LIKE_A_TRIAL = re.compile(r"/(search|confirm)/(\d+:)?\d+(\.\d+)?$")
"""The mirrors call an arm's trials so."""
SEARCH_VALIDATION = 0.1
"""Share of the training set held out in a search, unless the study says otherwise."""


def resolve_arms(document: Document, header: Header) -> tuple[tuple[Arm, ...], str]:
    """Return all arms and the baseline's name.

    Raises:
        StudyError: A setting, range or name is wrong.
    """
    given = document.values.get("arms") or {"Base": {}}
    check_sections(document, given)
    check_arm_count(document, header, {source: cell_count(document, source) for source in given})
    arms = [
        arm
        for source in given
        for arm in arms_of(document, header, source, ranges_of(document, source))
    ]
    baseline = header.baseline if header.baseline is not None else arms[0].name
    by_name = {arm.name: arm for arm in arms}
    if baseline not in by_name:
        raise document.error(
            ("baseline",), f"baseline must be the name of an arm, but got {shown(baseline)}"
        )
    if header.ablation is not None:
        arms += ablated(document, header.ablation, by_name, by_name[baseline])
    _check(document, header, arms)
    arms = _held_out(arms)
    reference = dotted(next(arm for arm in arms if arm.name == baseline).config)
    return tuple(with_difference(arm, reference) for arm in arms), baseline


def _held_out(arms: Sequence[Arm]) -> list[Arm]:
    """Return the arms with the share of images that is held out.

    It is none where nothing is searched, and no arm stops early.
    """
    searching = any(arm.search for arm in arms) or stops_early(arms)
    found = []
    for arm in arms:
        split = arm.config.split
        share = (split.validation or SEARCH_VALIDATION) if searching else 0.0
        found.append(
            replace(arm, config=replace(arm.config, split=replace(split, validation=share)))
        )
    return found


def _check_acts(document: Document, arm: Arm) -> None:
    """Refuse an incay term that never begins: the arm would be the baseline under another name."""
    incay, steps = arm.config.incay, arm.config.steps
    if incay.active and incay.start_step >= steps:
        raise document.error(
            place_of(document, arm.source, ("incay", "start_step")),
            f"incay.start_step must be below steps={steps:,}, but is {incay.start_step:,}",
        )


def _check_searched(document: Document, arm: Arm) -> None:
    """Refuse to search what changes nothing: all points would be one."""
    for name in arm.search:
        if why := keeps_from_acting(arm, name):
            raise document.error(
                search_path(document, arm, name),
                f"{name} must not be searched where it changes nothing, but in {arm.name!r} {why}",
            )


def _check_distinct(document: Document, arms: Sequence[Arm]) -> None:
    """Refuse an arm that is another one under its own name."""
    seen: dict[tuple[object, ...], Arm] = {}
    for arm in arms:
        asked = (
            computed(arm.config),
            json.dumps(arm.search, sort_keys=True, default=str),
            arm.reference,
        )
        other = seen.setdefault(asked, arm)
        if other is not arm:
            raise document.error(
                ("arms", arm.source),
                f"arms must differ, but {arm.name!r} is {other.name!r} with another name",
            )


def _check(document: Document, header: Header, arms: list[Arm]) -> None:
    names: dict[str, Arm] = {}
    by_name = {arm.name: arm for arm in arms}
    check_end_count(document, arms)
    for arm in arms:
        path = ("arms", arm.source)
        check_name(arm.name, f"{document.where(path)}: an arm's name")
        if _LIKE_A_TRIAL.search(arm.name):
            raise document.error(path, "an arm's name must not end as a trial's, /PHASE/NUMBER")
        other = names.setdefault(alike(arm.name), arm)
        if other is not arm:
            same = other.name == arm.name
            two = f"two are {arm.name!r}" if same else f"{other.name!r} looks like {arm.name!r}"
            raise document.error(path, f"arms must have distinct names, but {two}")
        _check_acts(document, arm)
        check_ends(document, arm)
        if header.budget is not None and header.budget.sampler == "grid":
            check_grid(document, arm)
        check_reference(document, arm, by_name)
        _check_searched(document, arm)
    _check_distinct(document, arms)
