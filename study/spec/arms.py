"""Arms: base and overrides, grids, component ablation and search spaces, resolved."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from incay.study.hardware import auto_precision
from incay.study.spec.document import Document, flatten
from incay.study.spec.grid import grid_points
from incay.study.spec.header import Ablation, Header
from incay.study.spec.messages import unknown_key
from incay.study.spec.ranges import Space, parse_space
from incay.study.spec.settings import DERIVED, ValueProblem, build_trial, dotted, merge
from incay.trainables.config import COMPONENTS, TrialConfig
from incay.trainables.incay.threshold import ArmReference, arm_reference
from incay.trainables.names import nest
from incay.trainables.settings import to_dict

_THRESHOLD = "incay.threshold"

ALL_ARMS = "all arms"
"""The key below ``search`` whose ranges hold for every arm."""


@dataclass(frozen=True)
class Arm:
    """One row of an ablation.

    Attributes:
        name: The row's name.
        source: The key below ``arms`` that it comes from: a grid makes several of one.
        values: The arm's settings, laid over the base, as nested plain values.
        config: The same, checked. For a searched setting it holds the value that the search
            starts from.
        difference: What differs from the baseline, by dotted name.
        search: Searched settings, by dotted name, in the study file's notation.
        reference: The arm whose norm decides the threshold of this one, and the factor; None
            where the threshold is known beforehand. `config` then holds no threshold yet.
    """

    name: str
    source: str
    values: Mapping[str, Any]
    config: TrialConfig
    difference: Mapping[str, Any]
    search: Mapping[str, Any]
    reference: ArmReference | None = None

    @property
    def spaces(self) -> dict[str, Space]:
        """The searched settings' parsed ranges, in the order in which they are chosen."""
        return {name: parse_space(notation) for name, notation in self.search.items()}


def resolve_arms(document: Document, header: Header) -> tuple[tuple[Arm, ...], str]:
    """Return all arms and the baseline's name.

    Raises:
        StudyError: A setting, range or name is wrong.
    """
    given = document.values.get("arms") or {"Base": {}}
    _check_search_sections(document, given)
    arms = [
        arm
        for source, own in given.items()
        for arm in _of_one_key(document, header, source, own if own is not None else {})
    ]
    baseline = header.baseline if header.baseline is not None else arms[0].name
    by_name = {arm.name: arm for arm in arms}
    if baseline not in by_name:
        raise document.error(
            ("baseline",), f"baseline must be the name of an arm, but got {baseline!r}"
        )
    if header.ablation is not None:
        arms += _ablated(document, header.ablation, by_name, by_name[baseline])
    names = [arm.name for arm in arms]
    for arm in arms:
        if names.count(arm.name) > 1:
            raise document.error(
                ("arms", arm.source), f"arms must have distinct names, but two are {arm.name!r}"
            )
        _check_ends(document, arm)
        if header.budget is not None and header.budget.sampler == "grid":
            _check_grid(document, arm)
        _check_reference(document, arm, {other.name: other for other in arms})
    reference = dotted(by_name[baseline].config)
    return tuple(_with_difference(arm, reference) for arm in arms), baseline


def search_path(document: Document, arm: Arm, name: str) -> tuple[str, ...]:
    """Return where an arm's range for a setting stands in the document."""
    own = document.values["search"].get(arm.source) or {}
    return ("search", arm.source if name in own else ALL_ARMS, name)


def _of_one_key(document: Document, header: Header, source: str, own: Any) -> Iterator[Arm]:
    base = document.values.get("base", {})
    if not isinstance(own, dict):
        raise document.error(("arms", source), f"an arm must be a mapping, but got {own!r}")
    for section in (("base",), ("arms", source)):
        for key, why in DERIVED.items():
            if document.has((*section, *key.split("."))):
                raise document.error(
                    (*section, *key.split(".")), f"{key} must not be set here: {why}"
                )
    settings = {key: value for key, value in own.items() if key != "grid"}
    for name, cell in _cells(document, source, own.get("grid", {})):
        values = merge(merge(base, settings), nest(cell))
        if values.get("precision", "auto") == "auto":
            values["precision"] = auto_precision(header.resources.gpu)
        values, reference = _without_reference(values)
        config = _built(document, source, values)
        search = {
            setting: notation
            for setting, notation in _search(document, source).items()
            if setting not in cell
        }
        yield Arm(name, source, values, config, {}, search, reference)


def _cells(document: Document, source: str, grid: Any) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield the name and settings of each cell of an arm's grid; of one cell if it has none."""
    path = ("arms", source, "grid")
    if not isinstance(grid, dict):
        raise document.error(path, f"a grid must map settings to lists, but got {grid!r}")
    axes = {".".join(parts): values for parts, values in flatten(grid)}
    for name, values in axes.items():
        if not isinstance(values, list) or not values:
            raise document.error(
                (*path, *name.split(".")),
                f"a grid's setting must have a list of values, but got {values!r}",
            )
    for values in itertools.product(*axes.values()):
        cell = dict(zip(axes, values, strict=True))
        name = source
        for setting, value in cell.items():
            place = f"{{{setting}}}"
            # 1e3 is a float to YAML, and 1000 to a reader.
            text = f"{value:.15g}" if isinstance(value, float) else str(value)
            name = name.replace(place, text) if place in source else f"{name} {setting}={text}"
        yield name, cell


def _ablated(
    document: Document, ablation: Ablation, arms: Mapping[str, Arm], baseline: Arm
) -> Iterator[Arm]:
    path = ("ablation", "of")
    if ablation.of not in arms:
        raise document.error(path, unknown_key(ablation.of, list(arms)))
    full, plain = arms[ablation.of], to_dict(baseline.config)
    for part in ablation.parts:
        node: Any = plain
        for key in part.split("."):
            if not isinstance(node, dict) or key not in node:
                raise document.error(
                    ("ablation", "parts"), unknown_key(part, [*plain, *dotted(baseline.config)])
                )
            node = node[key]
        values = merge(full.values, nest({part: node}))
        if part in COMPONENTS:
            values[part] = node
        search = {
            name: notation
            for name, notation in full.search.items()
            if name != part and not name.startswith(f"{part}.")
        }
        config = _built(document, full.source, values)
        name = f"{full.name} without {part}"
        reference = None if f"{_THRESHOLD}.".startswith(f"{part}.") else full.reference
        yield Arm(name, full.source, values, config, {}, search, reference)


def _built(document: Document, source: str, values: Mapping[str, Any]) -> TrialConfig:
    try:
        return build_trial(values)
    except ValueProblem as problem:
        candidates = (
            ("arms", source, *problem.path),
            ("arms", source, "grid", *problem.path),
        )
        for place in candidates:
            if any(place[:size] in document.places for size in range(3, len(place) + 1)):
                if place[2] == "grid" and place not in document.places:
                    continue
                raise document.error(place, str(problem)) from problem
        raise document.error(("base", *problem.path), str(problem)) from problem


def _check_search_sections(document: Document, given: Mapping[str, Any]) -> None:
    for name, content in document.values.get("search", {}).items():
        if name != ALL_ARMS and name not in given:
            raise document.error(("search", name), unknown_key(name, [ALL_ARMS, *given]))
        if not isinstance(content, dict | None):
            raise document.error(
                ("search", name), f"must be a mapping of settings to ranges, but got {content!r}"
            )


def _search(document: Document, source: str) -> dict[str, Any]:
    """Return an arm's ranges: those for all arms and its own laid over them."""
    search: dict[str, Any] = {}
    for section in (ALL_ARMS, source):
        for name, notation in (document.values.get("search", {}).get(section) or {}).items():
            path = ("search", section, name)
            if name in DERIVED:
                raise document.error(path, f"{name} must not be searched: {DERIVED[name]}")
            try:
                parse_space(notation)
            except ValueError as error:
                raise document.error(path, str(error)) from error
            search[name] = notation
    return search


def _check_ends(document: Document, arm: Arm) -> None:
    """Try the ends of every range, so that a bad one is refused before anything runs."""
    known = dotted(arm.config)
    for name, space in arm.spaces.items():
        path = search_path(document, arm, name)
        for other in space.when:
            if other not in arm.search:
                raise document.error(
                    path, f"'when' must name another searched setting, but got {other!r}"
                )
        for end in space.ends:
            chosen = {name: end, **{other: values[0] for other, values in space.when.items()}}
            try:
                build_trial(merge(arm.values, nest(chosen)))
            except ValueProblem as problem:
                if name not in known and not space.when:
                    raise document.error(path, unknown_key(name, list(known))) from problem
                raise document.error(path, f"{problem} (arm {arm.name!r})") from problem


def _check_grid(document: Document, arm: Arm) -> None:
    for name, space in arm.spaces.items():
        try:
            grid_points({name: replace(space, when={})})
        except ValueError as error:
            raise document.error(search_path(document, arm, name), str(error)) from error


def _with_difference(arm: Arm, reference: Mapping[str, Any]) -> Arm:
    difference = {
        name: value
        for name, value in dotted(arm.config).items()
        if name not in reference or reference[name] != value
    }
    if arm.reference is not None:
        difference[_THRESHOLD] = f"{arm.reference.factor:g} x arm:{arm.reference.arm}"
    return replace(arm, difference=difference)


def _without_reference(
    values: dict[str, Any],
) -> tuple[dict[str, Any], ArmReference | None]:
    """Return the settings without a threshold that another arm's norm decides, and that one."""
    incay = values.get("incay")
    given = incay.get("threshold", "none") if isinstance(incay, Mapping) else "none"
    reference = arm_reference(given) if isinstance(given, str) else None
    if reference is None:
        return values, None
    return merge(values, nest({_THRESHOLD: "none"})), reference


def _check_reference(document: Document, arm: Arm, arms: Mapping[str, Arm]) -> None:
    reference = arm.reference
    if reference is None:
        return
    path = ("arms", arm.source, *_THRESHOLD.split("."))
    if reference.arm == arm.name:
        raise document.error(
            path,
            "an arm cannot wait for its own norm: the threshold must name another arm, or be "
            f"'{reference.factor:g} x mean' of the arm's own batches",
        )
    if reference.arm not in arms:
        raise document.error(path, unknown_key(reference.arm, list(arms)))
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
