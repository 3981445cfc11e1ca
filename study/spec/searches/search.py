"""The section ``search``: which ranges hold for which arm, and whether they can be searched."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import fields, replace
from typing import Any

from incay.study.errors import listed, shown
from incay.study.spec.arms.building import Arm
from incay.study.spec.messages import unknown_key, unknown_name
from incay.study.spec.overlay import merge
from incay.study.spec.reading.document import Document
from incay.study.spec.searches.conditions import ConditionError, check_conditions, in_order
from incay.study.spec.searches.grid import check_points
from incay.study.spec.searches.ranges import Choices, Space, parse_space
from incay.study.spec.settings import WHY_DERIVED, ValueProblem, build_trial, dotted
from incay.study.spec.words import EPOCHS
from incay.trainables.config import COMPONENTS
from incay.trainables.names import REPORTS, STEPS, nest, within
from incay.trainables.registry import Registry

ALL_ARMS = "all arms"
"""The key below ``search`` whose ranges hold for every arm."""

_MOST_SETTINGS = 100
_MOST_ENDS = 20_000
_AS_LONG = "all trials of a comparison train as long; arms may differ in it under `factor: steps`"
_NEVER_SEARCHED = {
    STEPS: _AS_LONG,
    EPOCHS: _AS_LONG,
    REPORTS: "it changes what is measured, not what is trained",
    "dataset": "errors on different images cannot be compared",
    "split": "errors on different images cannot be compared",
}
"""Settings, or parts, of which a search could only choose what makes its own score."""


def check_sections(document: Document, arms: Mapping[str, Any]) -> None:
    """Refuse keys below ``search`` that are no arm's.

    Args:
        document: The study.
        arms: Its section ``arms``.

    Raises:
        StudyError: A key or its content is wrong.
    """
    for name, content in (document.values.get("search") or {}).items():
        if name != ALL_ARMS and name not in arms:
            raise document.error(
                ("search", name), unknown_name("a key of search", name, [ALL_ARMS, *arms])
            )
        if not isinstance(content, dict | None):
            raise document.error(
                ("search", name),
                f"must be a mapping of settings to ranges, but got {shown(content)}",
            )


def ranges_of(document: Document, source: str) -> dict[str, Any]:
    """Return the ranges of a key below ``arms``: those for all arms and its own laid over them.

    Raises:
        StudyError: A range is wrong, or of a setting that must not be searched.
    """
    search: dict[str, Any] = {}
    for section in (ALL_ARMS, source):
        for name, notation in ((document.values.get("search") or {}).get(section) or {}).items():
            path = ("search", section, name)
            if name in WHY_DERIVED:
                raise document.error(path, f"{name} must not be searched: {WHY_DERIVED[name]}")
            for part, why in _NEVER_SEARCHED.items():
                if within(name, (part,)):
                    raise document.error(path, f"{name} must not be searched: {why}")
            try:
                parse_space(notation)
            except ValueError as error:
                raise document.error(path, str(error)) from error
            search[name] = notation
    if len(search) > _MOST_SETTINGS:
        raise document.error(
            ("search",),
            f"a search must be of at most {_MOST_SETTINGS} settings, but that of {source!r} is of "
            f"{len(search):,}",
        )
    spaces = {name: parse_space(notation) for name, notation in search.items()}
    try:
        return {name: search[name] for name in in_order(spaces)}
    except ConditionError as error:
        raise document.error(_path(document, source, error.name), str(error)) from error


def search_path(document: Document, arm: Arm, name: str) -> tuple[str, ...]:
    """Return where an arm's range for a setting stands in the document."""
    return _path(document, arm.source, name)


def _path(document: Document, source: str, name: str) -> tuple[str, ...]:
    own = document.values["search"].get(source) or {}
    return ("search", source if name in own else ALL_ARMS, name)


def check_end_count(document: Document, arms: Sequence[Arm]) -> None:
    """Refuse more values to try than can be tried in a moment.

    Raises:
        StudyError: The ranges and lists of all arms have too many ends and values.
    """
    total = sum(len(space.ends) for arm in arms for space in arm.spaces.values())
    if total > _MOST_ENDS:
        raise document.error(
            ("search",),
            f"the lists and ranges of all arms must have at most {_MOST_ENDS:,} values and ends, "
            f"but have {total:,}",
        )


def check_ends(document: Document, arm: Arm) -> None:
    """Try the ends of every range, so that a bad one is refused before anything runs.

    Raises:
        StudyError: An end does not fit.
    """
    known = dotted(arm.config)
    try:
        check_conditions(arm.spaces)
    except ConditionError as error:
        raise document.error(search_path(document, arm, error.name), str(error)) from error
    for name, space in arm.spaces.items():
        path = search_path(document, arm, name)
        _check_whole(document, arm, name, space)
        _check_components(document, arm, name, space)
        for end in space.ends:
            chosen = {name: end, **_conditions(arm.spaces, name)}
            try:
                build_trial(merge(arm.values, nest(chosen)), document.data_root)
            except ValueProblem as problem:
                if name not in known and not space.when:
                    allowed = [key for key in known if key not in WHY_DERIVED]
                    raise document.error(path, unknown_key(name, allowed, ())) from problem
                raise document.error(path, f"{problem} (arm {arm.name!r})") from problem


def _check_components(document: Document, arm: Arm, name: str, space: Space) -> None:
    """Refuse a range of a setting that not all components have with which it would be searched.

    Raises:
        StudyError: One of them lacks the setting.
    """
    kind, _, setting = name.partition(".")
    registry = COMPONENTS.get(kind)
    if registry is None or setting == registry.key:
        return
    key = f"{kind}.{registry.key}"
    searched = arm.spaces.get(key)
    if searched is None:
        return
    having = [each for each in searched.ends if _has(registry, each, setting)]
    lacking = [each for each in space.when.get(key, searched.ends) if each not in having]
    if lacking and having:
        raise document.error(
            search_path(document, arm, name),
            f"a range must be of a setting that each searched {kind} has, but "
            f"{listed([*map(str, lacking)])} has none: {{range: …, when: {{{key}: "
            f"{having if len(having) > 1 else having[0]}}}}} searches it with the others",
        )


def _has(registry: Registry[Any], name: Any, setting: str) -> bool:
    """Return whether a component has a setting."""
    if name not in registry:
        return True  # told by who builds it
    return setting in [item.name for item in fields(registry[name])]


def _check_whole(document: Document, arm: Arm, name: str, space: Space) -> None:
    """Refuse a range of real numbers of a setting that must be whole.

    Raises:
        StudyError: Its ends are whole numbers, as in ``1e3 .. 1e4``, but not what lies between.
    """
    interval = space.range
    if isinstance(interval, Choices) or interval.whole:
        return
    between = interval.low + 0.38196601125 * (interval.high - interval.low)
    chosen = _conditions(arm.spaces, name)
    try:
        build_trial(merge(arm.values, nest({**chosen, name: interval.low})))
        build_trial(merge(arm.values, nest({**chosen, name: between})))
    except ValueProblem as problem:
        if "a whole number" in str(problem) and f"{problem}".endswith(repr(between)):
            raise document.error(
                search_path(document, arm, name),
                f"{name} must be a whole number, and so must both ends of its range be written: "
                f"{interval.low:.0f} .. {interval.high:.0f}",
            ) from problem


def _conditions(spaces: Mapping[str, Space], name: str) -> dict[str, Any]:
    """Return values with which a setting is searched, those of what it depends on in turn."""
    chosen: dict[str, Any] = {}
    waiting = [name]
    while waiting:  # each once, by however many ways it is depended on
        for other, values in spaces[waiting.pop()].when.items():
            if other not in chosen:
                chosen[other] = values[0]
                waiting.append(other)
    return chosen


def check_grid(document: Document, arm: Arm) -> None:
    """Refuse ranges without an end of points under a grid search.

    Raises:
        StudyError: A range is one of real numbers, or there are too many points.
    """
    for name, space in arm.spaces.items():
        try:
            check_points({name: replace(space, when={})})
        except ValueError as error:
            raise document.error(search_path(document, arm, name), str(error)) from error
    try:
        check_points(arm.spaces)
    except ValueError as error:
        raise document.error(("budget", "sampler"), f"{error} (arm {arm.name!r})") from error
