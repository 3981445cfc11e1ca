"""Imports a user's code, and holds what it registers to the contract of its kind."""

from __future__ import annotations

import dataclasses
import importlib
import linecache
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from incay.trainables.augment import PolicySettings, policies
from incay.trainables.config import COMPONENTS
from incay.trainables.data import DatasetSettings
from incay.trainables.exits import asked_from_outside
from incay.trainables.incay import IncayForm, forms, own_settings
from incay.trainables.losses import LossSettings
from incay.trainables.measures import Measure, measures
from incay.trainables.measures.contract import measure_problem
from incay.trainables.networks import NetworkSettings
from incay.trainables.optimizers import OptimizerSettings
from incay.trainables.registry import DefinitionRegistry
from incay.trainables.schedules import ScheduleSettings
from incay.trainables.source.tree import own_code
from incay.trainables.uses.bundle import Bundle
from incay.trainables.uses.finder import put_in_place, take_away
from incay.trainables.uses.problems import OwnCodeError, definition_place, place_in, reason
from incay.trainables.uses.setting_types import type_problem

REGISTRIES: Mapping[str, DefinitionRegistry[Any]] = {
    **COMPONENTS,
    "incay form": forms,
    "augmentation": policies,
    "measure": measures,
}
_BASES: Mapping[str, type] = {
    "dataset": DatasetSettings,
    "network": NetworkSettings,
    "loss": LossSettings,
    "optimizer": OptimizerSettings,
    "schedule": ScheduleSettings,
    "incay form": IncayForm,
    "augmentation": PolicySettings,
    "measure": Measure,
}
_METHODS = {
    "dataset": ("load", "content_hash"),
    "network": ("build",),
    "loss": ("build",),
    "optimizer": ("build",),
    "schedule": ("build",),
    "incay form": (),  # one of two: `own_settings.problem`
    "augmentation": ("build",),
    "measure": ("compute",),
}
"""What a component must have of its own."""


def install(bundle: Bundle) -> None:
    """Import a user's code, in place of what was in use before.

    Raises:
        OwnCodeError: It cannot be imported, registers nothing, takes a name that is taken, or
            what it registers lacks what a component must have.
    """
    if bundle.digest == own_code.version:
        return
    withdraw()
    if not bundle:
        return
    for registry in REGISTRIES.values():
        len(registry)  # so that ours are there first, and a name that is taken is the user's fault
    _forget_modules(bundle)
    own_code.modules, own_code.version = bundle.modules, bundle.digest
    put_in_place(bundle.folders)
    try:
        for entry in bundle.entries:
            _import(entry)
        _check_contracts(bundle)
    except BaseException:
        withdraw()
        raise


def withdraw() -> None:
    """Take the user's code out of use: its names are free, and its modules are forgotten."""
    for registry in REGISTRIES.values():
        registry.withdraw(own_code.modules)
    for name, source in own_code.modules.items():
        sys.modules.pop(name, None)
        linecache.cache.pop(source.file, None)
    own_code.modules, own_code.version = {}, ""
    take_away()


def _forget_modules(bundle: Bundle) -> None:
    """Forget what a notebook has imported by itself from the same files, or a script is."""
    script = getattr(sys.modules.get("__main__"), "__file__", None) or ""
    files = {Path(each.file).resolve() for each in bundle.modules.values()}
    same = {"__main__"} if script and Path(script).resolve() in files else set()
    for registry in REGISTRIES.values():
        registry.withdraw({*bundle.modules, *same})
    for name in bundle.modules:
        sys.modules.pop(name, None)


def _import(module: str) -> None:
    files = own_code.files
    try:
        importlib.import_module(module)
    except BaseException as error:
        if asked_from_outside(error):
            raise
        place = place_in(error, files) or f"{own_code.modules[module].file}: "
        raise OwnCodeError(f"{place}{reason(error)}") from error


def _check_contracts(bundle: Bundle) -> None:
    registered: dict[str, int] = dict.fromkeys(bundle.entries, 0)
    for kind, name, definition in _registered():
        top = definition.__module__.partition(".")[0]
        for entry in bundle.entries:
            registered[entry] += entry.partition(".")[0] == top
        problem = _problem(kind, definition)
        if problem:
            raise OwnCodeError(f"{definition_place(definition)}{kind} {name!r} {problem}")
    for entry, count in registered.items():
        if not count:
            raise OwnCodeError(
                f"{own_code.modules[entry].file}: must register a component, by a decorator such "
                'as @register_loss("my-loss"), but registers none'
            )


def _registered() -> Iterator[tuple[str, str, Any]]:
    """Yield kind, name and definition of what the user's code has registered."""
    for kind, registry in REGISTRIES.items():
        for name, definition in registry.items():
            if getattr(definition, "__module__", "") in own_code.modules:
                yield kind, name, definition


def _problem(kind: str, definition: Any) -> str:
    """Return what a component lacks, nothing if it lacks nothing."""
    base = _BASES[kind]
    if not isinstance(definition, type) or not issubclass(definition, base):
        return f"must be a class below {base.__name__}"
    for method in _METHODS[kind]:
        if getattr(definition, method) is getattr(base, method, None):
            return f"must have a method {method!r} of its own"
    if issubclass(definition, IncayForm):
        return own_settings.problem(definition)
    if kind == "measure":
        return measure_problem(definition)
    parameters: Any = definition.__dict__.get("__dataclass_params__")
    if parameters is None or not parameters.frozen:
        return "must be decorated by @dataclass(frozen=True, kw_only=True)"
    settings: Any = definition
    required = [
        item.name
        for item in dataclasses.fields(settings)
        if item.default is dataclasses.MISSING and item.default_factory is dataclasses.MISSING
    ]
    if required:
        return f"must have a default for each setting, but {required[0]!r} has none"
    try:
        definition()
    except Exception as error:
        return f"must take its own default settings, but: {reason(error)}"
    return type_problem(settings)
