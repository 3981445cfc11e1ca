"""From a study's values to a checked `TrialConfig`, and the dotted names of its settings."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import MISSING, fields, replace
from functools import cache, lru_cache
from itertools import pairwise
from typing import Any, get_args, get_type_hints

from pydantic import TypeAdapter, ValidationError

from incay.study.errors import shown
from incay.study.spec import words
from incay.study.spec.checks.clashes import clash
from incay.study.spec.checks.other_sets import other_set_problem
from incay.study.spec.messages import expected, unknown_key
from incay.study.spec.overlay import as_component
from incay.study.spec.paths import Root, leaves
from incay.study.spec.reading.notation import fitted
from incay.study.spec.words import EPOCHS, RECIPE
from incay.trainables.config import COMPONENTS, WITHIN, TrialConfig
from incay.trainables.incay import forms
from incay.trainables.incay.settings import IncaySettings
from incay.trainables.names import DERIVED, flatten
from incay.trainables.registry import Registry, UnknownNameError, describe_unknown
from incay.trainables.schedules.step import StepSettings
from incay.trainables.settings import Settings, to_dict

_MOST_READ = 500
"""Texts whose settings are remembered."""
WHY_DERIVED = dict(
    zip(
        DERIVED,
        (
            "a trial's seed is derived from the replicate and the study's own `seed`, which stands "
            "beside `base`; `confirm.seeds` says how many, or which",
            "the images held out for validation are drawn by the study's seed",
            "the protocol decides when the test set is opened",
        ),
        strict=True,
    )
)
"""Why a study must not set each of the settings that it derives."""


class ValueProblem(Exception):  # noqa: N818 - not yet an error: it has no place in the file
    """A value that does not fit, with the path below the trial's settings."""

    def __init__(self, path: tuple[str, ...], message: str) -> None:
        super().__init__(message)
        self.path = path


def build_trial(values: Mapping[str, Any], root: Root = None) -> TrialConfig:
    """Return the trial configuration that nested values describe.

    Args:
        values: Settings as a study has them.
        root: The data root, below which the paths among them must stay.

    Raises:
        ValueProblem: A key is unknown, a type is wrong or a range is left.
    """
    hints = _hints()
    known = [item.name for item in fields(TrialConfig)]
    parts: dict[str, Any] = {}
    for name, value in values.items():
        if name not in known:
            raise ValueProblem((name,), unknown_key(name, [*_allowed(known), EPOCHS, RECIPE], ()))
        if name in COMPONENTS:
            parts[name] = _component(COMPONENTS[name], (name,), value, root)
        else:
            if name == "incay":
                _check_form(value)
            parts[name] = _part(name, hints[name], value, root)
    if (wrong := other_set_problem(parts)) is not None:
        raise ValueProblem(*wrong)
    try:
        config = TrialConfig(**{**_defaults(), **parts})
    except ValueError as error:
        raise ValueProblem(_blamed(TrialConfig, str(error)), str(error)) from error
    _check_milestones(config)
    if (wrong := clash(config)) is not None:
        raise ValueProblem(*wrong)
    if "reports" in values and config.reports > config.steps:
        # Its default is as many as there are steps, at most.
        raise ValueProblem(
            ("reports",),
            f"reports must be at most steps={config.steps:,}, but is {config.reports:,}",
        )
    return config


def dotted(config: TrialConfig) -> dict[str, Any]:
    """Return every setting by its dotted name: the names of --set, MLflow and Optuna alike."""
    return flatten(to_dict(config))


def _check_form(value: Any) -> None:
    """Refuse a weight without a form: the settings' own check cannot name the forms."""
    if not isinstance(value, Mapping) or value.get("form", "none") != "none":
        return
    weight = value.get("weight", 0)
    if isinstance(weight, int | float) and not isinstance(weight, bool) and weight > 0:
        raise ValueProblem(
            ("incay", "weight"),
            f"incay.form must be one of {', '.join(forms)} where weight > 0, but is none",
        )


def _check_milestones(config: TrialConfig) -> None:
    """Refuse milestones that would not make the learning rate fall as they say."""
    schedule, path = config.schedule, ("schedule", "milestones")
    if not isinstance(schedule, StepSettings):
        return
    given = list(schedule.milestones)
    steps = [milestone for milestone in given if isinstance(milestone, int)]
    if steps and len(steps) < len(given):
        raise ValueProblem(
            path, f"milestones must be all steps or all shares of the steps, but are {given}"
        )
    if any(later <= earlier for earlier, later in pairwise(given)):
        raise ValueProblem(path, f"milestones must ascend, but are {given}")
    if any(milestone >= config.steps for milestone in steps):
        raise ValueProblem(
            path,
            f"milestones must lie below steps={config.steps}, but are {given} (shares of the "
            "steps, such as 0.5, hold for any number of them)",
        )


def _part(name: str, hint: Any, value: Any, root: Root) -> Any:
    """Return a part that is no component itself, with the components that it holds."""
    inner = [key for part, key in WITHIN if part == name]
    if not isinstance(value, Mapping) or not any(key in value for key in inner):
        return _check(hint, value, (name,))
    plain = {key: item for key, item in value.items() if key not in inner}
    held = {
        key: _component(WITHIN[name, key], (name, key), value[key], root)
        for key in inner
        if key in value
    }
    return replace(_check(hint, plain, (name,)), **held)


def _component(registry: Registry[Any], kind: tuple[str, ...], value: Any, root: Root) -> Any:
    value, named = as_component(registry, value), ".".join(kind)
    name = registry.named_in(value) if isinstance(value, Mapping) else None
    if name is None:
        raise ValueProblem(
            kind,
            f"{named} must be a name, or a mapping with the key {registry.key!r}, but got "
            f"{shown(value)}",
        )
    try:
        cls = registry[str(name)]
    except UnknownNameError as error:
        path = (*kind, registry.key) if len(value) > 1 else kind
        meant = words.COMPONENT.get(words.plain(str(name)))
        known = meant in registry
        message = describe_unknown(registry.kind, name, registry, meant) if known else error
        raise ValueProblem(path, str(message)) from error
    settings = {key: item for key, item in value.items() if key != registry.key}
    for key, item in settings.items():
        # A study may come from anybody; what it names must lie where its user put the data.
        if isinstance(item, str) and leaves(item, root):
            which = f" ({root})" if root else ""
            raise ValueProblem(
                (*kind, key),
                f"{named}.{key} must stay below the data root{which}, but is {shown(item)}",
            )
    return _check(cls, settings, kind)


def _allowed(known: Iterable[str], path: tuple[str, ...] = ()) -> list[str]:
    """Return the keys that a study may set: none that it must not is ever offered."""
    return [key for key in known if ".".join((*path, key)) not in DERIVED]


@cache
def _defaults() -> Mapping[str, Any]:
    """Return what parts are that a study says nothing of: the same objects for all trials."""
    return {
        item.name: item.default_factory()
        for item in fields(TrialConfig)
        if item.default_factory is not MISSING
    }


@cache
def _hints() -> Mapping[str, Any]:
    return get_type_hints(TrialConfig)


@cache
def _adapter(hint: Any) -> TypeAdapter[Any]:
    return TypeAdapter(hint)


def _read(hint: Any, text: str) -> Any:
    # JSON mode is strict about types but takes a list for a tuple, as YAML needs.
    return _adapter(hint).validate_json(text, strict=True)


@lru_cache(_MOST_READ)
def _read_once(hint: Any, text: str) -> Any:
    """Return the one object that a text reads as: trials of an arm share most of their parts."""
    return _read(hint, text)


def _check(hint: Any, value: Any, path: tuple[str, ...]) -> Any:
    value = fitted(hint, value)
    try:
        # What incay's settings come to hangs on its form as well, which a user may write anew.
        read = _read if hint is IncaySettings else _read_once
        return read(hint, json.dumps(value))
    except ValidationError as error:
        first = error.errors()[0]
        at = tuple(str(part) for part in first["loc"] if isinstance(part, str))
        known = (
            [item.name for item in fields(hint)]
            if isinstance(hint, type) and issubclass(hint, Settings)
            else []
        )
        at = tuple(part for part in at if part in known) or at[:1]
        if first["type"] in ("unexpected_keyword_argument", "extra_forbidden"):
            at = tuple(str(part) for part in first["loc"])
            allowed = _allowed(known, (*path, *at[:-1]))
            message = unknown_key(at[-1], allowed, (*path, *at[:-1]))
            raise ValueProblem((*path, *at), message) from error
        if first["type"] == "value_error":
            message = str(first["ctx"]["error"])
            raise ValueProblem((*path, *_blamed(hint, message)), message) from error
        got = first["input"]
        name = ".".join((*path, *at[:1]))
        message = f"{name} must be {expected(first)}, but got {shown(got)}{_meant(hint, at, got)}"
        raise ValueProblem((*path, *at[:1]), message) from error


def _meant(hint: Any, at: tuple[str, ...], got: Any) -> str:
    """Return which setting a text was probably meant for that stands in place of several."""
    part = get_type_hints(hint).get(at[0]) if at and isinstance(hint, type) else hint
    if not isinstance(got, str) or not isinstance(part, type) or not issubclass(part, Settings):
        return ""
    choices = get_type_hints(part).items()
    meant = next((name for name, kind in choices if got in get_args(kind)), "")
    return f" (did you mean {{{meant}: {got}}}?)" if meant else ""


def _blamed(cls: Any, message: str) -> tuple[str, ...]:
    """Return the field that a range check's message is about: the first it names."""
    names = [item.name for item in fields(cls)]
    return next(((word,) for word in re.findall(r"\w+", message) if word in names), ())


def default_settings(configs: Iterable[TrialConfig]) -> dict[str, Any]:
    """Return the defaults of all settings that the configurations have, by dotted name.

    Those of a component (``loss.margin``) are of the first configuration that uses one with such
    a setting: only a setting that all arms share is held against them.
    """
    found: dict[str, Any] = {}
    for config in configs:
        held = {name: getattr(config, name) for name in COMPONENTS}
        held |= {f"{part}.{key}": getattr(getattr(config, part), key) for part, key in WITHIN}
        for name, component in held.items():
            registry = COMPONENTS.get(name)
            if registry is not None and registry.default is not None:
                found.setdefault(f"{name}.{registry.key}", registry.default)
            for item in fields(component):
                if item.default is not MISSING:
                    found.setdefault(f"{name}.{item.name}", item.default)
                elif item.default_factory is not MISSING:
                    found.setdefault(f"{name}.{item.name}", item.default_factory())
    rest = {name: value for name, value in to_dict(TrialConfig()).items() if name not in COMPONENTS}
    values = {name: to_dict(v) if isinstance(v, Settings) else v for name, v in found.items()}
    # As the books' JSON gives them back, where tuples are lists.
    return flatten(json.loads(json.dumps({**values, **rest})))
