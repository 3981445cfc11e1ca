"""Settings of an incay form's own: the keyword parameters of the method that it writes.

What all forms have (weight, gate, threshold, start) is `incay.trainables.incay.settings`.
"""

from __future__ import annotations

import inspect
import math
from collections.abc import Mapping
from typing import Any

from incay.trainables.incay import IncayForm, forms
from incay.trainables.incay.base import takes_batches, writes
from incay.trainables.registry import describe_unknown

Plain = float | int | bool | str
_TYPES: Mapping[Any, type] = {each.__name__: each for each in (float, int, bool, str)}
UNKNOWN = ("unknown_loss", "unknown_penalty")
"""Methods for samples of the background."""
_WORDS = {float: "a finite number", int: "a whole number", bool: "true or false", str: "a text"}


class OwnSettings(dict[str, Plain]):
    """Settings by name, which nothing changes: so they may be hashed, as all settings may."""

    def __hash__(self) -> int:  # type: ignore[override]
        return hash(frozenset(self.items()))


def defaults(form: str) -> OwnSettings:
    """Return the own settings of a registered form, with their defaults."""
    return OwnSettings({each.name: each.default for each in _parameters(forms[form])})


def completed(form: str, given: Mapping[str, Any]) -> OwnSettings:
    """Return a form's own settings, those that are not given with their defaults.

    Args:
        form: A registered form, or ``none``.
        given: By name.

    Raises:
        ValueError: There is no such setting, or its value is of another type, or is refused by
            the form's ``check``.
    """
    if form == "none":
        if given:
            raise ValueError("settings must be left out where form is none")
        return OwnSettings()
    known = defaults(form)
    types = {each.name: _type_of(each) for each in _parameters(forms[form])}
    values = dict(known)
    for name, value in given.items():
        if name not in known:
            if not known:
                raise ValueError(f"settings must be left out: form {form} has none of its own")
            raise ValueError(describe_unknown(f"settings of form {form}: a key", name, known))
        values[name] = _fitted(name, types[name], value)
    check = getattr(forms[form], "check", None)
    if check is not None:
        check(**values)
    return OwnSettings(values)


def given_to(method: Any, settings: Mapping[str, Any]) -> dict[str, Any]:
    """Return those of a form's own settings that one of its methods names as parameters."""
    parameters = inspect.signature(method).parameters
    return {name: value for name, value in settings.items() if name in parameters}


def problem(form: type[IncayForm]) -> str:
    """Return what is wrong with a form's class and its own settings, nothing if nothing is."""
    simple = writes(form, "penalty")
    if simple == takes_batches(form):
        has = "both" if simple else "neither"
        return f"must have a method 'penalty' or 'batch_penalty' of its own, but has {has}"
    names = form.learned
    if not isinstance(names, tuple) or not all(str(each).isidentifier() for each in names):
        return f"must have a tuple of names as `learned`, but has {names!r}"
    if names and (simple or not writes(form, "begin")):
        return "must have methods 'batch_penalty' and 'begin' of its own for what is learned"
    if form.background and not any(writes(form, each) for each in UNKNOWN):
        return f"must have a method {' or '.join(map(repr, UNKNOWN))} of its own for its background"
    for each in _parameters(form):
        if each.default is each.empty:
            return f"must have a default for each setting, but {each.name!r} has none"
        if _type_of(each) is None:
            given = "none" if each.annotation is each.empty else each.annotation
            return f"must have settings of type {', '.join(_TYPES)}, but {each.name!r} has {given}"
    named = {each.name: each.default for each in _parameters(form)}.get(form.background)
    if form.background and named != "none":
        return f"must have a setting {form.background!r}, none by default, but it is {named!r}"
    return ""


def _parameters(form: type[IncayForm]) -> list[inspect.Parameter]:
    method = form.batch_penalty if takes_batches(form) else form.penalty
    parameters = inspect.signature(method).parameters.values()
    return [each for each in parameters if each.kind is each.KEYWORD_ONLY]


def _type_of(parameter: inspect.Parameter) -> type | None:
    """Return a setting's type; that of tensors beside it need not be imported."""
    written = parameter.annotation
    return _TYPES.get(getattr(written, "__name__", written))


def _fitted(name: str, kind: Any, value: Any) -> Plain:
    """Return a value as its type; a whole number may stand for one that need not be whole."""
    is_truth = isinstance(value, bool)
    if kind is float and isinstance(value, int | float) and not is_truth and math.isfinite(value):
        return float(value)
    if not isinstance(value, kind) or is_truth != (kind is bool) or kind is float:
        raise ValueError(f"settings.{name} must be {_WORDS[kind]}, but got {value!r}")
    plain: Plain = value
    return plain
