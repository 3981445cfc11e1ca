"""Laying settings of a trial over others: what stays of a component that another one replaces."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from incay.trainables.config import COMPONENTS, WITHIN
from incay.trainables.names import INCAY
from incay.trainables.registry import Registry


def merge(
    base: Mapping[str, Any], over: Mapping[str, Any], path: tuple[str, ...] = ()
) -> dict[str, Any]:
    """Return `base` with `over` laid over it, mapping by mapping.

    A component of another name replaces the base's whole: its settings are not the same.

    Args:
        base: Settings of a trial.
        over: Those that come before them.
        path: Where in a trial's settings both stand.
    """
    merged = dict(base)
    for key, value in over.items():
        old = merged.get(key)
        if key == INCAY:
            old = _of_form(old, value)
        registry = COMPONENTS.get(key) or WITHIN.get((*path, key))
        if registry is not None:
            old, value = as_component(registry, old), as_component(registry, value)
            if renames(registry, old, value):
                merged[key] = value
                continue
        if isinstance(old, Mapping) and isinstance(value, Mapping):
            merged[key] = merge(old, value, (*path, key))
        else:
            merged[key] = value
    return merged


def _of_form(old: Any, new: Any) -> Any:
    """Return settings of the incay term without its form's own, where another form is named."""
    if not isinstance(old, Mapping) or not isinstance(new, Mapping):
        return old
    if new.get("form", old.get("form")) == old.get("form", "none"):
        return old
    return {name: value for name, value in old.items() if name != "settings"}


def as_component(registry: Registry[Any], value: Any) -> Any:
    """Return a component's long form: a name alone stands for its defaults."""
    return {registry.key: value} if isinstance(value, str) else value


def renames(registry: Registry[Any], old: Any, new: Any) -> bool:
    """Return whether settings, in their long form, name another component than before.

    ``step`` and ``plateau`` are one in this: each has the other's settings, which a study may give
    for both.
    """
    if not isinstance(new, Mapping) or registry.key not in new:
        return False
    before, after = registry.named_in(old if isinstance(old, Mapping) else {}), new[registry.key]
    if not isinstance(before, str) or not isinstance(after, str):
        return bool(before != after)
    return before != after and not {before, after} <= registry.alike
