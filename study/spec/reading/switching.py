"""Another optimiser or schedule for a whole study, by ``--set``: what goes along, and what not.

The base's settings of the old one are left out, be they called the same: SGD's learning rate is a
hundred of Adam's. What arms, searches and the ablation set is the study's question, and stays:
under the name that the new one has for it, where that is another, and refused where it has none.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import fields
from typing import Any, NamedTuple

from incay.study.errors import StudyError, listed
from incay.study.spec.arms.places import GRID
from incay.study.spec.overlay import as_component, merge, renames
from incay.study.spec.reading.document import Document, KeyPath
from incay.study.spec.recipe import settings_of
from incay.study.spec.searches.search import ALL_ARMS
from incay.study.spec.words import RECIPE
from incay.trainables.config import COMPONENTS
from incay.trainables.registry import Registry

SWITCHED = ("optimizer", "schedule")
"""The components that every trial has although no study need name them."""
_MEANS = {("optimizer", "momentum"): {"adam": "beta1", "adamw": "beta1", "lion": "beta1"}}
"""By setting: what other components call it. β₁ is how much of past gradients' mean a step keeps;
PyTorch's one-cycle schedule takes it for Adam's momentum as well."""


class _Asked(NamedTuple):
    """A setting of the component that a study gives outside of its base."""

    setting: str
    path: KeyPath
    whose: str


def switch(document: Document, kind: str, named: Any, place: str) -> dict[str, Any]:
    """Take the base's component out where another is named; let the study's question go along.

    Args:
        document: The study; it is changed.
        kind: One of `SWITCHED`.
        named: The new one as an override says it: its name, or settings that have it.
        place: The override, for messages.

    Returns:
        What the base has of the new one now, because the study asks about it.

    Raises:
        StudyError: An arm or a search sets what the new one has not.
    """
    registry = COMPONENTS[kind]
    base = _section(document.values, "base")
    laid = as_component(registry, settings_of(document, base.get(RECIPE)).get(kind))
    old = merge({kind: laid or {}}, {kind: base.get(kind) or {}})[kind]
    given = as_component(registry, named)
    if not isinstance(old, Mapping) or not renames(registry, old, given):
        return {}
    document.remove(("base", kind))
    before, new = registry.named_in(old), given[registry.key]
    if before not in registry or new not in registry:
        return {}  # told when the study is checked
    asked: dict[str, list[_Asked]] = {}
    for each in _asked(document, kind):
        asked.setdefault(each.setting, []).append(each)
    stays = [setting for setting in asked if _has(registry, new, setting)]
    moves = [setting for setting in asked if setting not in stays]
    for setting in moves:
        _require_a_name(registry, new, setting, asked[setting], place)
    told = []
    if left_out := sorted(name for name in old if name != registry.key):
        told.append(f"the base's settings of {before} are left out ({', '.join(left_out)})")
    for setting in moves:
        value = old.get(setting, getattr(registry[before](), setting, None))
        name = _MEANS[kind, setting][new]
        _rename(document, (kind, setting, name), asked[setting], value)
        told.append(f"{kind}.{setting} is taken for its {kind}.{name}, {value} in the base")
    if stays:
        names = ", ".join(sorted(f"{kind}.{setting}" for setting in stays))
        told.append(f"what arms and searches say of {names} stays")
    if told:
        document.switched[kind] = f"{kind} {new} in place of {before}: {'; '.join(told)}"
    return _section(base, kind)


def _asked(document: Document, kind: str) -> Iterator[_Asked]:
    """Yield what arms, their grids and searches set of a component that they do not name."""
    for arm, own in _section(document.values, "arms").items():
        for path in (("arms", arm, kind), ("arms", arm, GRID, kind)):
            values = own
            for part in path[2:]:
                values = _section(values, part)
            if COMPONENTS[kind].key not in values:
                yield from (_Asked(setting, (*path, setting), repr(arm)) for setting in values)
    search, named = _section(document.values, "search"), f"{kind}.{COMPONENTS[kind].key}"
    for name in search:
        ranges = _section(search, name)
        if named in ranges or named in _section(search, ALL_ARMS):
            continue  # ranges of several, each where its own is chosen
        for full in ranges:
            if isinstance(full, str) and full.startswith(f"{kind}."):
                setting = full.removeprefix(f"{kind}.")
                yield _Asked(setting, ("search", name, full), f"the search of {name!r}")


def _require_a_name(
    registry: Registry[Any], new: str, setting: str, asked: list[_Asked], place: str
) -> None:
    """Refuse a setting that the new component has under no name, or under one that arms show."""
    kind, means = registry.kind, _MEANS.get((registry.kind, setting), {})
    if new not in means:
        others = [each for each in registry if _has(registry, each, setting) or each in means]
        verb = "sets" if len(asked) == 1 else "set"
        raise StudyError(
            f"{place}: {listed([each.whose for each in asked])} {verb} {kind}.{setting}, "
            f"which {new!r} has not; those that can take it: {listed(others)}"
        )
    for each in asked:
        if f"{{{kind}.{setting}}}" in each.path[1]:
            raise StudyError(
                f"{place}: arms are named after {kind}.{setting} ({each.path[1]!r}), which "
                f"{new} calls {means[new]}: such arms must be in a study that names {new} itself"
            )


def _rename(
    document: Document, names: tuple[str, str, str], asked: list[_Asked], value: Any
) -> None:
    """Give what the study asks about the name that the new component has for it.

    Args:
        document: The study.
        names: The component's kind, the setting's old name and its new one.
        asked: Where it is given.
        value: The base's.
    """
    kind, setting, name = names
    document.put(("base", kind, name), value, document.where(("base",)))
    for each in asked:
        if not document.has(each.path):  # one mapping of two arms, by an alias
            continue
        last = f"{kind}.{name}" if each.path[0] == "search" else name
        content = _at(document, each.path)
        where = document.where(each.path)
        document.remove(each.path)
        document.put((*each.path[:-1], last), content, where)
    for path in (("ablation", "parts"), ("factor",)):
        content, said = _at(document, path), f"{kind}.{setting}"
        if isinstance(content, list):
            swapped: Any = [f"{kind}.{name}" if part == said else part for part in content]
        else:
            swapped = f"{kind}.{name}" if content == said else content
        if swapped != content:
            document.put(path, swapped, document.where(path))


def _at(document: Document, path: KeyPath) -> Any:
    values: Any = document.values
    for part in path:
        values = values.get(part) if isinstance(values, dict) else None
    return values


def _has(registry: Registry[Any], name: str, setting: str) -> bool:
    return any(each.name == setting for each in fields(registry[name]))


def _section(values: Any, name: str) -> dict[str, Any]:
    found = values.get(name) if isinstance(values, dict) else None
    return found if isinstance(found, dict) else {}
