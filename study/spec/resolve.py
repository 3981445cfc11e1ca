"""All arms of a study: those of its file, its grids and its ablation, checked side by side."""

from __future__ import annotations

from incay.study.spec.ablation import ablated
from incay.study.spec.arms import Arm, arms_of, with_difference
from incay.study.spec.header import Header
from incay.study.spec.reading.document import Document
from incay.study.spec.reading.texts import alike, check_name
from incay.study.spec.references import check_reference
from incay.study.spec.searches.search import check_ends, check_grid, check_sections, ranges_of
from incay.study.spec.settings import dotted


def resolve_arms(document: Document, header: Header) -> tuple[tuple[Arm, ...], str]:
    """Return all arms and the baseline's name.

    Raises:
        StudyError: A setting, range or name is wrong.
    """
    given = document.values.get("arms") or {"Base": {}}
    check_sections(document, given)
    arms = [
        arm
        for source in given
        for arm in arms_of(document, header, source, ranges_of(document, source))
    ]
    baseline = header.baseline if header.baseline is not None else arms[0].name
    by_name = {arm.name: arm for arm in arms}
    if baseline not in by_name:
        raise document.error(
            ("baseline",), f"baseline must be the name of an arm, but got {baseline!r}"
        )
    if header.ablation is not None:
        arms += ablated(document, header.ablation, by_name, by_name[baseline])
    _check(document, header, arms)
    reference = dotted(by_name[baseline].config)
    return tuple(with_difference(arm, reference) for arm in arms), baseline


def _check(document: Document, header: Header, arms: list[Arm]) -> None:
    names: dict[str, Arm] = {}
    for arm in arms:
        path = ("arms", arm.source)
        check_name(arm.name, f"{document.where(path)}: an arm's name")
        other = names.setdefault(alike(arm.name), arm)
        if other is not arm:
            same = other.name == arm.name
            two = f"two are {arm.name!r}" if same else f"{other.name!r} looks like {arm.name!r}"
            raise document.error(path, f"arms must have distinct names, but {two}")
        check_ends(document, arm)
        if header.budget is not None and header.budget.sampler == "grid":
            check_grid(document, arm)
        check_reference(document, arm, {other.name: other for other in arms})
