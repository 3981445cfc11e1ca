"""Fingerprints: the hash of what a trial computes, on which data, by which code.

The code's version covers exactly the definitions that can change a trial's result: the training
loop, the trial's own components and whatever they import from this package, wherever it lies
(`incay.trainables.source.code`). A new loss leaves all other fingerprints alone. The user's own
code counts in the same way (`incay.trainables.uses`).

A trial that asks for nothing later than the epoch of fingerprints is filed as it was then, as long
as the code that has changed since is shown to compute the same (`incay.trainables.epoch`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import fields
from functools import cache
from typing import Any, NamedTuple

from incay.trainables.by_object import by_object
from incay.trainables.config import COMPONENTS, TrialConfig
from incay.trainables.epoch import as_then
from incay.trainables.errors import UserError
from incay.trainables.incay import forms
from incay.trainables.incay.base import takes_batches
from incay.trainables.settings import Settings, to_dict
from incay.trainables.source.code import reached
from incay.trainables.source.names import Scope
from incay.trainables.source.tree import own_code
from incay.trainables.source.versions import digest, scope
from incay.trainables.store.later import part_asks_for_later
from incay.trainables.store.naming import canonical_of, canonical_part, fingerprint_of_text

_LOOP = "incay.trainables.training.trainer"
_NAMES = sorted(field.name for field in fields(TrialConfig))


class _Said(NamedTuple):
    """What a part of a configuration says of its trial: a text, and whether that is later."""

    text: str
    is_later: bool


def fingerprint(config: TrialConfig, data_hash: str) -> str:
    """Return the trial's fingerprint, 20 hexadecimal digits."""
    said = _parts_said(config)
    settings = canonical_of(part.text for part in said)
    return fingerprint_of_text(settings, data_hash, _version(config, said))


def code_version(config: TrialConfig) -> str:
    """Return the version of the code that trains this configuration."""
    return _version(config, _parts_said(config))


def code_files(config: TrialConfig) -> dict[str, str]:
    """Return the modules that can change the trial's result, each with its hash."""
    found = _counted(roots(config), scope(), _is_later(config, _parts_said(config)))
    return {module: digest(definitions) for module, definitions in found.items()}


def _parts_said(config: TrialConfig) -> list[_Said]:
    parts = ((name, getattr(config, name)) for name in _NAMES)
    return [
        _said(part, name) if isinstance(part, Settings) else _said_of(part, name)
        for name, part in parts
    ]


@by_object
def _said(part: Settings, name: str) -> _Said:
    return _said_of(to_dict(part), name)


def _said_of(value: Any, name: str) -> _Said:
    return _Said(canonical_part(name, value), part_asks_for_later(name, value))


def _version(config: TrialConfig, said: Iterable[_Said]) -> str:
    return _digest(roots(config), scope(), _is_later(config, said))


def _is_later(config: TrialConfig, said: Iterable[_Said]) -> bool:
    """Return whether a trial asks for anything that came after the epoch.

    A form that is given the whole batch does: what gives it is the loop's.
    """
    batches = config.incay.active and takes_batches(forms[config.incay.form])
    return batches or any(part.is_later for part in said)


@cache
def _digest(modules: frozenset[str], covered: Scope, later: bool) -> str:
    found = _counted(modules, covered, later)
    return digest(each for definitions in found.values() for each in definitions)


@cache
def _counted(modules: frozenset[str], covered: Scope, later: bool) -> Mapping[str, frozenset[str]]:
    """Return what counts of the modules that a trial reaches: hashes of definitions, by module."""
    found = reached(sorted(modules), covered)
    return found if later else as_then(found)


def is_own(config: TrialConfig) -> bool:
    """Return whether the user's own code trains this configuration."""
    return any(part.__module__ in own_code.modules for part in _parts(config))


def roots(config: TrialConfig) -> frozenset[str]:
    """Return the modules that a trial's code begins with: the loop, and its own components.

    Raises:
        UserError: A component lies where a change of it would be missed.
    """
    parts, covered = _parts(config), scope()
    for part in parts:
        if not covered.owns(part.__module__):
            where = f"module {part.__module__!r}"
            if part.__module__ == "__main__":
                where = "a cell of a notebook or the script that runs: write it to a file"
            raise UserError(
                f"{part.__qualname__}: a component's code must be a file that `uses` names, so "
                f"that a change of it is noticed, but is {where}"
            )
    return frozenset({_LOOP, *(part.__module__ for part in parts)})


def _parts(config: TrialConfig) -> list[type]:
    """Return the classes of a trial's own components."""
    parts = [type(getattr(config, kind)) for kind in COMPONENTS]
    parts += [type(part) for part in config.augment.parts]
    may_act = (config.preprocess, config.average, config.early_stopping)
    parts += [type(part) for part in may_act if part.active]
    parts += [type(each) for each in config.outside.values()]
    parts += [] if config.background is None else [type(config.background)]
    return [*parts, forms[config.incay.form]] if config.incay.active else parts
