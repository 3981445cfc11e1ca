"""Arms: the base and an arm's own settings laid over it, one arm or a grid of them."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, get_args, get_type_hints

from incay.study.errors import StudyError, shown
from incay.study.hardware import multiplies_bf16
from incay.study.spec.arms.lengths import in_steps, lay_over
from incay.study.spec.arms.places import GRID, place_of
from incay.study.spec.header import Header
from incay.study.spec.overlay import merge
from incay.study.spec.reading.document import Document, flatten
from incay.study.spec.searches.ranges import Space, parse_space
from incay.study.spec.settings import WHY_DERIVED, ValueProblem, build_trial, dotted
from incay.trainables.config import TrialConfig
from incay.trainables.incay.threshold import ArmReference, arm_reference
from incay.trainables.names import PRECISION, THRESHOLD, nest

_AUTO = "auto"
_PRECISIONS = (_AUTO, *get_args(get_type_hints(TrialConfig)[PRECISION]))


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
        auto_precision: Whether its precision is left to the machine.
    """

    name: str
    source: str
    values: Mapping[str, Any]
    config: TrialConfig
    difference: Mapping[str, Any]
    search: Mapping[str, Any]
    reference: ArmReference | None = None
    auto_precision: bool = False

    @property
    def spaces(self) -> dict[str, Space]:
        """The searched settings' parsed ranges, in the order in which they are chosen."""
        return {name: parse_space(notation) for name, notation in self.search.items()}


def arms_of(
    document: Document, header: Header, source: str, search: Mapping[str, Any]
) -> Iterator[Arm]:
    """Yield the arms of one key below ``arms``: one, or one for each cell of its grid.

    Args:
        document: The study.
        header: Its own keys.
        source: The key.
        search: The ranges that hold for it, by dotted name.

    Raises:
        StudyError: A setting is wrong.
    """
    own = _own_settings(document, source)
    settings = {key: value for key, value in own.items() if key != GRID}
    for name, cell in _cells(document, source, own.get(GRID, {})):
        left = {name: notation for name, notation in search.items() if name not in cell}
        try:
            base = lay_over(document.values.get("base") or {}, settings)
            values = in_steps(lay_over(base, nest(cell)), left)
            is_auto = values.get(PRECISION, _AUTO) == _AUTO and PRECISION not in left
            values = _with_precision(values, document.precision, header.resources.gpu)
        except ValueProblem as problem:
            raise _error(document, source, problem) from problem
        values, reference = _without_reference(values)
        config = built(document, source, values)
        for setting in dotted(config):
            if f"{{{setting}}}" in name:
                raise document.error(
                    ("arms", source),
                    f"{{{setting}}} in an arm's name must be in its grid, but is in none",
                )
        yield Arm(name, source, values, config, {}, left, reference, is_auto)


def built(document: Document, source: str, values: Mapping[str, Any]) -> TrialConfig:
    """Return an arm's checked settings.

    Raises:
        StudyError: A setting is wrong; the message names the line that gives it.
    """
    try:
        return build_trial(values, document.data_root)
    except ValueProblem as problem:
        raise _error(document, source, problem) from problem


def _error(document: Document, source: str, problem: ValueProblem) -> StudyError:
    return document.error(place_of(document, source, problem.path), str(problem))


def with_difference(arm: Arm, reference: Mapping[str, Any]) -> Arm:
    """Return an arm that knows in what it differs from the baseline's settings."""
    difference = {
        name: value
        for name, value in dotted(arm.config).items()
        if name not in reference or reference[name] != value
    }
    if arm.reference is not None:
        difference[THRESHOLD] = f"{arm.reference.factor:g} x arm:{arm.reference.arm}"
    return replace(arm, difference=difference)


def _with_precision(values: Mapping[str, Any], settled: str | None, gpu: float) -> dict[str, Any]:
    """Return an arm's values with a precision that hardware has decided on, if none is given.

    Args:
        values: The arm's.
        settled: What ``auto`` stands for; None where nothing but the hardware's kind tells.
        gpu: GPUs of a trial.
    """
    given = values.get(PRECISION, _AUTO)
    if given not in _PRECISIONS:
        raise ValueProblem(
            (PRECISION,),
            f"precision must be one of {', '.join(_PRECISIONS)}, but got {shown(given)}",
        )
    if given != _AUTO:
        return {**values}
    return {**values, PRECISION: settled or ("bf16" if multiplies_bf16(gpu) else "fp32")}


def _own_settings(document: Document, source: str) -> Mapping[str, Any]:
    own = (document.values.get("arms") or {}).get(source)
    own = {} if own is None else own
    if not isinstance(own, dict):
        raise document.error(("arms", source), f"an arm must be a mapping, but got {shown(own)}")
    for section in (("base",), ("arms", source)):
        for key, why in WHY_DERIVED.items():
            if document.has((*section, *key.split("."))):
                raise document.error(
                    (*section, *key.split(".")), f"{key} must not be set here: {why}"
                )
    return own


def cell_count(document: Document, source: str) -> int:
    """Return how many arms a key below ``arms`` makes; none of them is built.

    Raises:
        StudyError: It has no mapping, or its grid no lists.
    """
    axes = _axes(document, source, _own_settings(document, source).get(GRID, {}))
    return math.prod(map(len, axes.values()))


def _axes(document: Document, source: str, grid: Any) -> dict[str, list[Any]]:
    """Return the settings of an arm's grid, each with its values."""
    path = ("arms", source, GRID)
    if not isinstance(grid, dict):
        raise document.error(path, f"a grid must map settings to lists, but got {shown(grid)}")
    axes = {".".join(parts): values for parts, values in flatten(grid)}
    for name, values in axes.items():
        if not isinstance(values, list) or not values:
            raise document.error(
                (*path, *name.split(".")),
                f"a grid's setting must have a list of values, but got {shown(values)}",
            )
    return axes


def _cells(document: Document, source: str, grid: Any) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield the name and settings of each cell of an arm's grid; of one cell if it has none."""
    axes = _axes(document, source, grid)
    for values in itertools.product(*axes.values()):
        cell = dict(zip(axes, values, strict=True))
        name = source
        for setting, value in cell.items():
            placeholder = f"{{{setting}}}"
            # 1e3 is a float to YAML, and 1000 to a reader.
            text = f"{value:.15g}" if isinstance(value, float) else str(value)
            named = placeholder in source
            name = name.replace(placeholder, text) if named else f"{name} {setting}={text}"
        yield name, cell


def _without_reference(
    values: dict[str, Any],
) -> tuple[dict[str, Any], ArmReference | None]:
    """Return the settings without a threshold that another arm's norm decides, and that one."""
    incay = values.get("incay")
    given = incay.get("threshold", "none") if isinstance(incay, Mapping) else "none"
    reference = arm_reference(given) if isinstance(given, str) else None
    if reference is None:
        return values, None
    return merge(values, nest({THRESHOLD: "none"})), reference
