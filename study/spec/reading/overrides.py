"""``--set path=value`` and the options that stand for one: changes to a study document."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields
from difflib import SequenceMatcher
from typing import Any

from incay.study.errors import StudyError, listed, shown
from incay.study.spec.arms.lengths import OTHER_WAY
from incay.study.spec.overlay import as_component
from incay.study.spec.reading.document import Document, KeyPath, flatten, parse_value
from incay.study.spec.reading.switching import SWITCHED, switch
from incay.study.spec.recipe import lay_recipes, settings_of
from incay.study.spec.study import header_keys
from incay.study.spec.words import RECIPE
from incay.trainables.config import COMPONENTS

_MOST_SETTINGS = 200
_MOST_CHARACTERS = 10_000
_LONGEST = 100
_DEEPEST = 20


def apply_overrides(
    document: Document, settings: Sequence[str], *, seeds: int | None = None
) -> None:
    """Apply ``path=value`` texts in order: recipes, components' names, the rest, number of seeds.

    A path that begins with a key of the study file changes that; any other path is a setting
    of the base, so ``steps=300`` is ``base.steps=300``. An arm with a component of its own gets
    the base's setting as well, if that component has it: ``network.width=0.25`` holds for
    every network of a study.

    Raises:
        StudyError: A text is not ``path=value``, or an arm sets the same path itself, so that
            the override would change nothing there.
    """
    if len(settings) > _MOST_SETTINGS:
        raise StudyError(
            f"--set must be given at most {_MOST_SETTINGS} times, but is {len(settings):,} times; "
            "a study file holds more"
        )
    for text in sorted(settings, key=_rank):
        if _rank(text):
            lay_recipes(document)
        name, sign, value = text.partition("=")
        place = f"--set {text}" if len(text) <= _LONGEST else f"--set {text[:_LONGEST]}…"
        if len(text) > _MOST_CHARACTERS:
            raise StudyError(
                f"{place}: an override must have at most {_MOST_CHARACTERS:,} characters, but has "
                f"{len(text):,}"
            )
        if not sign or not name.strip():
            raise StudyError(f"{place}: an override must read path=value")
        path = _path(document, name.strip())
        if len(path) > _DEEPEST:
            raise StudyError(f"{place}: a path must have at most {_DEEPEST} parts, but has more")
        content = parse_value(value, place, path)
        path = _named(path, content)
        kept = _switch(document, path, content, place)
        for target in (path, *_also(document, path, place)):
            document.put(target, parse_value(value, place, target), place)
            if (replaced := _other_way(target)) != target:
                document.remove(replaced)
        for target, content in kept.items():
            if not document.has(target):
                document.put(target, content, place)
    lay_recipes(document)
    if seeds is not None:
        for key in ("looks", "until", "at_most", "spending"):
            document.remove(("confirm", key))  # so many seeds, whatever the file declares
        document.put(("confirm", "seeds"), seeds, f"--seeds {shown(seeds)}")
    document.overrides += override_texts(settings, seeds)


def override_texts(settings: Sequence[str] | None, seeds: int | None) -> list[str]:
    """Return overrides as a run's books keep them."""
    texts = [text.partition("=") for text in settings or ()]
    each = [f"{name.strip()}={value.strip()}" for name, _, value in texts]
    return each if seeds is None else [*each, f"seeds={seeds}"]


def _rank(text: str) -> int:
    """Return when an override comes: a recipe lies below all, a component below its settings."""
    name = text.partition("=")[0].strip().removeprefix("base.")
    if name == RECIPE or (name.startswith("arms.") and name.endswith(f".{RECIPE}")):
        return 0
    named = {f"{kind}.{registry.key}" for kind, registry in COMPONENTS.items()}
    return 1 if name in named or name in SWITCHED else 2


def _named(path: KeyPath, value: Any) -> KeyPath:
    """Return the path of a component's name where a name alone is given: ``optimizer=adamw``."""
    is_whole = path[0] == "base" and len(path) == 2 and path[1] in SWITCHED
    return (*path, COMPONENTS[path[1]].key) if is_whole and isinstance(value, str) else path


def _switch(document: Document, path: KeyPath, value: Any, place: str) -> dict[KeyPath, Any]:
    """Take the base's optimiser or schedule out where an override, or its recipe, names another.

    What else the overrides set is set afterwards.

    Returns:
        What the base has of the new one because the study asks about it, by path.
    """
    if path == ("base", RECIPE):
        named = settings_of(document, value)
    else:
        named = {path[1]: value} if path[0] == "base" and len(path) == 2 else {}
        if path[0] == "base" and len(path) == 3 and path[1] in SWITCHED:
            key = COMPONENTS[path[1]].key
            named = {path[1]: {key: value}} if path[2] == key else {}
    kept: dict[KeyPath, Any] = {}
    for kind in SWITCHED:
        if kind in named:
            found = switch(document, kind, named[kind], place)
            kept |= {("base", kind, name): content for name, content in found.items()}
    return kept


def _path(document: Document, name: str) -> KeyPath:
    for section in ("arms", "search"):
        arms = [*_section(document, "arms")]
        if section == "search":
            arms += ["all arms", *_section(document, "search")]
        for arm in sorted(arms, key=len, reverse=True):  # an arm's name may contain dots
            if name == f"{section}.{arm}":
                return (section, arm)
            prefix = f"{section}.{arm}."
            if name.startswith(prefix):
                rest = name.removeprefix(prefix)
                return (section, arm, *([rest] if section == "search" else rest.split(".")))
        if arms and name.startswith(f"{section}."):
            wanted = name.removeprefix(f"{section}.")
            close = max(arms, key=lambda arm: _likeness(arm, wanted))
            raise StudyError(
                f"--set {name:.100}: {section} must be followed by an arm of the study "
                f"({listed([*map(repr, dict.fromkeys(arms))])}) and a setting, but got "
                f"{shown(wanted)} "
                f"(did you mean {close!r}?)"
            )
    parts = tuple(name.split("."))
    in_base = parts[0] not in header_keys()
    return ("base", *parts) if in_base else parts


def _other_way(path: KeyPath) -> KeyPath:
    """Return the path of what this one replaces, an arm's steps for its epochs; else itself."""
    *parents, last = path
    is_setting = len(parents) == {"base": 1, "arms": 2}.get(path[0])
    return (*parents, OTHER_WAY[last]) if is_setting and last in OTHER_WAY else path


def _section(document: Document, name: str) -> dict[str, Any]:
    """Return a section's content; nothing where it is no mapping, which is refused later."""
    content = document.values.get(name)
    return content if isinstance(content, dict) else {}


def _likeness(arm: str, wanted: str) -> float:
    return SequenceMatcher(None, arm, wanted[: len(arm)]).ratio()


def _also(document: Document, path: KeyPath, place: str) -> list[KeyPath]:
    """Return where a setting of the base must be put in arms; refuse one that an arm hides."""
    if path[0] != "base" or len(path) == 1:
        return []
    touched = {path[1], _other_way(path)[1]}
    also: list[KeyPath] = []
    hiding = []
    for arm, own in _section(document, "arms").items():
        if not isinstance(own, dict) or touched.isdisjoint(own):
            continue
        values = {
            key: as_component(COMPONENTS[key], value) if key in COMPONENTS else value
            for key, value in own.items()
        }
        given = {item for item, _ in flatten(values)}
        registry = COMPONENTS.get(path[1])
        named = registry is not None and (path[1], registry.key) in given
        if registry is not None and named and path[1:] not in given:
            if _has_setting(path[1], values[path[1]][registry.key], path[2:]):
                also.append(("arms", arm, *path[1:]))
            else:
                hiding.append(arm)
        elif path[1:] in given or _other_way(path)[1:] in given:
            hiding.append(arm)
    if hiding:
        rest = ".".join(path[1:])
        raise StudyError(
            f"{place}: {listed([*map(repr, hiding)])} give {rest} themselves, so the base's value "
            f"must be changed there, e.g. --set 'arms.{hiding[0]}.{rest}=…'"
        )
    return also


def _has_setting(kind: str, name: Any, setting: KeyPath) -> bool:
    registry = COMPONENTS[kind]
    if name not in registry:
        return False
    return any((item.name,) == setting for item in fields(registry[name]))
