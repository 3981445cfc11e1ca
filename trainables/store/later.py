"""Settings that came after the epoch of fingerprints, and the value that each had before.

A trial is filed under its whole configuration. A setting that is added to all trials would file
every one of them anew, although nobody asked for it. So a later setting is left out of what is
hashed where it has the value that means "as before", and a configuration that was written without
it reads as if it said that value. What the epoch is: docs/design.md, Fingerprints.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

LATER: Mapping[str, Any] = {
    "optimizer.name": "sgd",
    "optimizer.nesterov": False,
    "optimizer.decay": "weights",
    "optimizer.layer_decay": 1.0,
    "optimizer.clip_norm": 0.0,
    "optimizer.clip_value": 0.0,
    "optimizer.accumulate": 1,
    "optimizer.max_norm": 0.0,
    "optimizer.lr_rule": "none",
    "optimizer.lr_base_batch": 256,
    "schedule.warmup": 0,
    "incay.settings": {},
    "augment.policy.name": "none",
    "augment.mix.name": "none",
    "augment.mix.alpha": 1.0,
    "augment.resized_crop.min_area": 0.0,
    "augment.resized_crop.max_ratio": 4.0 / 3.0,
    "augment.jitter.brightness": 0.0,
    "augment.jitter.contrast": 0.0,
    "augment.jitter.saturation": 0.0,
    "augment.jitter.hue": 0.0,
    "augment.erasing.probability": 0.0,
    "augment.erasing.min_area": 0.02,
    "augment.erasing.max_area": 0.4,
    "augment.erasing.min_ratio": 0.3,
    "preprocess.gcn": 0.0,
    "preprocess.zca": 0.0,
    "loss.smoothing": 0.0,
    "loss.gradient": "exact",
    "measure.train": False,
    "measure.reports": False,
    "measure.ood": [],
    "network.dropout": 0.0,
    "average.name": "none",
    "average.decay": 0.999,
    "average.warmup": True,
    "average.start": 0.75,
    "average.every": 1,
    "early_stopping.metric": "none",
    "early_stopping.patience": 5,
    "early_stopping.min_delta": 0.0,
}
"""By dotted name, the value with which a setting changes nothing. Never take one away, and never
change a value: stored fingerprints are made with them."""
KNOWN: Mapping[str, tuple[Any, ...]] = {"schedule.kind": ("step", "plateau")}
"""Values that settings of the epoch had then; any other one is later."""
ONLY_OF: Mapping[str, tuple[str, tuple[Any, ...]]] = {
    "optimizer.nesterov": ("optimizer.name", ("sgd",)),
    "loss.smoothing": ("loss.name", ("softmax", "center")),
    "loss.gradient": ("loss.name", ("arcface",)),
}
"""Later settings that some components have and others lack: by dotted name, the setting that names
the component, and which of its values were there before."""
_MISSING = object()


class Parts(dict[str, Any]):
    """Settings by part and name, nested as a configuration is; a value is never of this class."""


def by_part(settings: Mapping[str, Any]) -> Parts:
    """Return settings by dotted name as nested ones: many trials are asked for each of them."""
    found = Parts()
    for name, value in settings.items():
        *parents, last = name.split(".")
        node = found
        for parent in parents:
            node = node.setdefault(parent, Parts())
        node[last] = value
    return found


_LATER, _KNOWN = by_part(LATER), by_part(KNOWN)
WHOLE = "optimizer"
"""A part that no whole configuration lacks."""
LATER_PARTS = tuple(_LATER)
"""The parts that have later settings."""


def _of_part() -> dict[str, list[tuple[tuple[str, ...], str, Any, str, tuple[Any, ...]]]]:
    """Return the later settings of each part: where they lie in it, and `ONLY_OF` within it."""
    found: dict[str, list[tuple[tuple[str, ...], str, Any, str, tuple[Any, ...]]]] = {}
    for name, before in LATER.items():
        part, *parents, last = name.split(".")
        kind, names = ONLY_OF.get(name, ("", ()))
        entry = (tuple(parents), last, before, kind.removeprefix(f"{part}."), names)
        found.setdefault(part, []).append(entry)
    return found


_OF_PART = _of_part()


def as_before(config: Mapping[str, Any]) -> dict[str, Any]:
    """Return a nested configuration without later settings that change nothing.

    A part that has no others is left out whole.
    """
    return _without(config, _LATER)


def part_as_before(part: str, value: Any) -> Any:
    """Return what `as_before` leaves of one part; None where it leaves it out."""
    later = _LATER.get(part)
    if not later or not value or not isinstance(value, Mapping):
        return value
    return _without(value, later) or None


def asks_for_later(config: Mapping[str, Any]) -> bool:
    """Return whether a nested configuration asks for anything that came after the epoch."""
    return any(part_asks_for_later(name, part) for name, part in config.items())


def part_asks_for_later(name: str, value: Any) -> bool:
    """Return whether one part of a nested configuration does."""
    if name not in _LATER and name not in _KNOWN:
        return False
    part = {name: value}
    differs = _any(part, _LATER, lambda value, before: not _same(value, before))
    return differs or _any(part, _KNOWN, lambda value, known: value not in known)


def completed(config: Mapping[str, Any]) -> dict[str, Any]:
    """Return a nested configuration with the later settings that it was written without.

    What reads old configurations beside new ones needs no other rule: all say the same settings.
    What is no whole configuration stays as it is.
    """
    values = dict(config)
    if WHOLE not in values:
        return values
    for part in _LATER:
        found = completed_part(part, values.get(part))
        if found is not None:
            values[part] = found
    return values


def completed_part(part: str, given: Any) -> Any:
    """Return one part of a whole configuration with the later settings that it lacks.

    No setting of a part hangs on another part, so that many trials may share one.

    Args:
        part: Its name, such as ``optimizer``.
        given: What the configuration has there, None for nothing.
    """
    if not isinstance(given, Mapping | None):
        return given  # no settings: whoever needs some will say so
    node: dict[str, Any] | None = None
    copied: dict[tuple[str, ...], dict[str, Any]] = {}
    for parents, last, before, kind, names in _OF_PART.get(part, ()):
        if kind and _get(node or given or {}, kind) not in names:
            continue
        if node is None:
            node = copied[()] = dict(given or {})
        _inner(copied, parents).setdefault(last, before)
    return given if node is None else node


def _inner(copied: dict[tuple[str, ...], dict[str, Any]], parents: tuple[str, ...]) -> Any:
    """Return what lies in a part under some names, copied once."""
    if parents not in copied:
        outer = _inner(copied, parents[:-1])
        there = outer.get(parents[-1])
        copied[parents] = dict(there) if isinstance(there, Mapping) else {}
        if isinstance(there, Mapping) or not there:
            outer[parents[-1]] = copied[parents]
    return copied[parents]


def _without(node: Mapping[str, Any], later: Parts) -> dict[str, Any]:
    values = dict(node)
    for name, before in later.items():
        value = values.get(name, _MISSING)
        if not isinstance(before, Parts):
            if value is not _MISSING and _same(value, before):
                del values[name]
        elif isinstance(value, Mapping) and value:
            values[name] = _without(value, before)
            if not values[name]:
                del values[name]
    return values


def _any(node: Mapping[str, Any], parts: Parts, holds: Callable[[Any, Any], bool]) -> bool:
    """Return whether something holds of a setting that a configuration has, and of its entry."""
    for name, entry in parts.items():
        value = node.get(name, _MISSING)
        if isinstance(entry, Parts):
            if isinstance(value, Mapping) and _any(value, entry, holds):
                return True
        elif value is not _MISSING and holds(value, entry):
            return True
    return False


def _same(value: Any, before: Any) -> bool:
    """Return whether two plain values are one: 0 and 0.0 are, 0 and false are not."""
    return isinstance(value, bool) == isinstance(before, bool) and bool(value == before)


def _get(values: Mapping[str, Any], name: str, default: Any = None) -> Any:
    node: Any = values
    for part in name.split("."):
        if not isinstance(node, Mapping) or part not in node:
            return default
        node = node[part]
    return node
