"""`StudySpec`: a checked study. Every error names the file and line it comes from."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from study.document import Document
from study.hardware import auto_precision
from study.space import parse_space
from study.trial import (
    DERIVED,
    ValueProblem,
    build_trial,
    dotted,
    merge,
    nested,
    unknown_key,
)
from trainables.config import TrialConfig

ALL_ARMS = "all arms"
"""The key below ``search`` whose ranges hold for every arm."""


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class Budget(_Model):
    """What the search of each arm may use; the same for every arm.

    Attributes:
        trials: Trials per arm, failed and diverged ones counted.
        sampler: How points are chosen.
        parallel: How many of an arm's trials may run at once. Trial n is chosen from the
            results of trials up to n - parallel, whatever finishes first, so that a search
            gives the same points on every machine and after every interruption.
    """

    trials: Annotated[int, Field(ge=1)] = 20
    sampler: Literal["tpe", "random"] = "tpe"
    parallel: Annotated[int, Field(ge=1)] = 4


class Objective(_Model):
    """What a search makes small or large: a metric of the validation split."""

    metric: str = "val.error"
    mode: Literal["min", "max"] = "min"


class Confirm(_Model):
    """The confirm phase: fresh seeds, shared by all arms."""

    seeds: Annotated[int, Field(ge=1)] = 5


class Resources(_Model):
    """What one trial occupies."""

    cpu: Annotated[float, Field(gt=0)] = 1
    gpu: Annotated[float, Field(ge=0)] = 0


class _Header(_Model):
    name: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]*$", max_length=80)]
    question: str = ""
    protocol: Literal["sealed", "paper"] = "sealed"
    table: str | None = None
    seed: Annotated[int, Field(ge=0)] = 0
    factor: str | list[str] | None = None
    baseline: str | None = None
    budget: Budget | None = None
    objective: Objective = Objective()
    confirm: Confirm = Confirm()
    resources: Resources = Resources()


@dataclass(frozen=True)
class Arm:
    """One row of an ablation.

    Attributes:
        name: The row's name.
        values: The arm's settings, laid over the base, as nested plain values.
        config: The same, checked. For a searched setting it holds the value that the search
            starts from.
        difference: What differs from the baseline, by dotted name.
        search: Searched settings, by dotted name, in the study file's notation.
    """

    name: str
    values: Mapping[str, Any]
    config: TrialConfig
    difference: Mapping[str, Any]
    search: Mapping[str, Any]


@dataclass(frozen=True)
class StudySpec:
    """A study whose every value has been checked. See `docs/study-files.md` for the keys."""

    name: str
    question: str
    protocol: str
    table: str | None
    seed: int
    factor: tuple[str, ...]
    baseline: str
    budget: Budget | None
    objective: Objective
    replicates: int
    resources: Resources
    arms: tuple[Arm, ...]
    document: Document

    @property
    def searches(self) -> bool:
        """Whether any arm has something to search."""
        return any(arm.search for arm in self.arms)

    @property
    def run(self) -> str:
        """The hash that tells this study from its variants: what it asks, not how it is run."""
        values = {
            key: value
            for key, value in self.document.values.items()
            if key not in ("question", "resources", "table")
        }
        text = json.dumps(values, sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(text.encode()).hexdigest()[:8]


def parse_study(document: Document) -> StudySpec:
    """Check a document and resolve its arms.

    Raises:
        StudyError: A key, type, range or combination is wrong.
    """
    values = document.values
    sections = ("base", "arms", "search")
    for key in values:
        if key not in _Header.model_fields and key not in sections:
            known = [*_Header.model_fields, *sections]
            raise document.error((key,), unknown_key(key, known))
    for key in sections:
        if not isinstance(values.get(key, {}), dict):
            raise document.error((key,), f"{key} must be a mapping, but got {values[key]!r}")
    header = _header(document, {k: v for k, v in values.items() if k not in sections})
    base = values.get("base", {})
    arms = _arms(document, base, values.get("arms") or {"Base": {}}, header)
    _check_search_names(document, arms)
    baseline = header.baseline if header.baseline is not None else arms[0].name
    if baseline not in [arm.name for arm in arms]:
        raise document.error(
            ("baseline",), f"baseline must be the name of an arm, but got {baseline!r}"
        )
    searches = any(arm.search for arm in arms)
    if searches and header.protocol == "paper":
        raise document.error(
            ("protocol",), "protocol 'paper' reads the test set and so must search nothing"
        )
    if not header.objective.metric.startswith("val.") and searches:
        raise document.error(
            ("objective", "metric"),
            "objective.metric must be a metric of the validation split (val.…): choosing by "
            f"{header.objective.metric!r} would leak what the study is to measure",
        )
    factor = header.factor
    return StudySpec(
        name=header.name,
        question=header.question,
        protocol=header.protocol,
        table=header.table,
        seed=header.seed,
        factor=(factor,) if isinstance(factor, str) else tuple(factor or ()),
        baseline=baseline,
        budget=(header.budget or Budget()) if searches else None,
        objective=header.objective,
        replicates=header.confirm.seeds,
        resources=header.resources,
        arms=_with_differences(arms, baseline),
        document=document,
    )


def _header(document: Document, values: Mapping[str, Any]) -> _Header:
    try:
        return _Header.model_validate(values)
    except ValidationError as error:
        first = error.errors()[0]
        path = tuple(str(part) for part in first["loc"] if isinstance(part, str))
        path = path[:1] if path and path[0] == "factor" else path
        if first["type"] == "extra_forbidden":
            known = [*_Header.model_fields] if len(path) == 1 else _known(path)
            raise document.error(path, unknown_key(path[-1], known)) from error
        if first["type"] == "missing":
            raise document.error((), f"the key {path[-1]!r} must be given") from error
        message = str(first["msg"]).removeprefix("Input should be ")
        raise document.error(path, f"must be {message}, but got {first['input']!r}") from error


def _known(path: tuple[str, ...]) -> list[str]:
    section = _Header.model_fields[path[0]].annotation
    models = {"budget": Budget}
    model = models.get(path[0], section)
    return [*model.model_fields] if isinstance(model, type) and issubclass(model, _Model) else []


def _arms(
    document: Document, base: Mapping[str, Any], given: Mapping[str, Any], header: _Header
) -> list[Arm]:
    search = document.values.get("search", {})
    for name in search:
        if name != ALL_ARMS and name not in given:
            raise document.error(("search", name), unknown_key(name, [ALL_ARMS, *given]))
    arms: list[Arm] = []
    for name, own in given.items():
        own = own or {}
        if not isinstance(own, dict):
            raise document.error(("arms", name), f"an arm must be a mapping, but got {own!r}")
        for section, content in (("base", base), ("arms", own)):
            for key, why in DERIVED.items():
                if key in content:
                    path = (section, key) if section == "base" else (section, name, key)
                    raise document.error(path, f"{key} must not be set here: {why}")
        values = merge(base, own)
        if values.get("precision", "auto") == "auto":
            values["precision"] = auto_precision(header.resources.gpu)
        config = _built(document, name, values)
        spaces = _spaces(document, name, search)
        arms.append(Arm(name, values, config, {}, spaces))
    return arms


def _built(document: Document, arm: str, values: Mapping[str, Any]) -> TrialConfig:
    try:
        return build_trial(values)
    except ValueProblem as problem:
        path = problem.path
        own = ("arms", arm, *path)
        place = own if _stands(document, own) else ("base", *path)
        error = document.error(place, str(problem))
        raise error from problem


def _stands(document: Document, path: tuple[str, ...]) -> bool:
    """Whether the arm itself (not the base) gives the value, or the component around it."""
    return any(path[:size] in document.places for size in range(3, len(path) + 1))


def _spaces(document: Document, arm: str, search: Mapping[str, Any]) -> dict[str, Any]:
    spaces: dict[str, Any] = {}
    for section in (ALL_ARMS, arm):
        content = search.get(section) or {}
        if not isinstance(content, dict):
            raise document.error(
                ("search", section), f"must be a mapping of settings to ranges, got {content!r}"
            )
        for name, notation in content.items():
            path = ("search", section, name)
            try:
                parse_space(notation)
            except ValueError as error:
                raise document.error(path, str(error)) from error
            if name in DERIVED:
                raise document.error(path, f"{name} must not be searched: {DERIVED[name]}")
            if section == arm and name in spaces and spaces[name] != notation:
                raise document.error(
                    path,
                    f"a setting that all arms search must have one range, but {arm!r} searches "
                    f"{notation!r} and all arms {spaces[name]!r}",
                )
            spaces[name] = notation
    return spaces


def _check_search_names(document: Document, arms: list[Arm]) -> None:
    """Try the ends of every range, so that a bad one is refused before anything runs."""
    for arm in arms:
        for name, notation in arm.search.items():
            section = arm.name if name in (document.values["search"].get(arm.name) or {}) else None
            path = ("search", section or ALL_ARMS, name)
            space = parse_space(notation)
            ends = getattr(space, "choices", None) or (space.low, space.high)
            for end in ends:
                if name not in dotted(arm.config):
                    raise document.error(path, unknown_key(name, list(dotted(arm.config))))
                try:
                    build_trial(merge(arm.values, nested({name: end})))
                except ValueProblem as problem:
                    raise document.error(path, f"{problem} (arm {arm.name!r})") from problem


def _with_differences(arms: list[Arm], baseline: str) -> tuple[Arm, ...]:
    reference = next(dotted(arm.config) for arm in arms if arm.name == baseline)
    resolved = []
    for arm in arms:
        own = dotted(arm.config)
        difference = {
            name: value
            for name, value in own.items()
            if name not in reference or reference[name] != value
        }
        resolved.append(Arm(arm.name, arm.values, arm.config, difference, arm.search))
    return tuple(resolved)


def header_keys() -> tuple[str, ...]:
    """Return the study's own top-level keys: every other ``--set`` path is the base's."""
    return (*_Header.model_fields, "base", "arms", "search")
