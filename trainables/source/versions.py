"""Versions of own code: one hash of all that some modules run."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import replace
from functools import cache

from incay.trainables.source.code import reached
from incay.trainables.source.names import Scope
from incay.trainables.source.tree import own_code

SCOPE = Scope(
    own=("incay",),
    # They only describe and look up: what they decide stands in the configuration.
    without=(
        "incay",
        "incay.components",
        "incay.trainables.config",
        "incay.trainables.epoch",
        "incay.trainables.errors",
        "incay.trainables.fingerprint",
        "incay.trainables.registry",
        "incay.trainables.source.code",
        "incay.trainables.source.names",
        "incay.trainables.source.tree",
        "incay.trainables.source.versions",
    ),
)


def scope() -> Scope:
    """Return whose code counts: this package's, and the user's own while it is in use."""
    if not own_code.modules:
        return SCOPE
    return replace(SCOPE, own=(*SCOPE.own, *own_code.packages), version=own_code.version)


@cache
def version_of(*modules: str, scope: Scope = SCOPE) -> str:
    """Return the version of modules and of all that they import from the packages in scope.

    Raises:
        UntraceableImportError: One of them imports in a way that cannot be followed.
    """
    found = reached(modules, scope)
    return digest(each for definitions in found.values() for each in definitions)


def digest(parts: Iterable[str]) -> str:
    """Return one hash of many, whatever their order; 16 hexadecimal digits."""
    return hashlib.sha256("\n".join(sorted(set(parts))).encode()).hexdigest()[:16]
