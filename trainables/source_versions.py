"""Versions of this package's own code: one hash of all that some modules run."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from functools import cache

from incay.trainables.source_code import reached
from incay.trainables.source_names import Scope

SCOPE = Scope(
    own=("incay",),
    # They only describe and look up: what they decide stands in the configuration.
    without=(
        "incay",
        "incay.trainables.config",
        "incay.trainables.errors",
        "incay.trainables.fingerprint",
        "incay.trainables.registry",
        "incay.trainables.source_code",
        "incay.trainables.source_names",
        "incay.trainables.source_tree",
        "incay.trainables.source_versions",
    ),
)


@cache
def version_of(*modules: str) -> str:
    """Return the version of modules of this package and of all that they import from it.

    Raises:
        UntraceableImportError: One of them imports in a way that cannot be followed.
    """
    found = reached(modules, SCOPE)
    return digest(each for definitions in found.values() for each in definitions)


def digest(parts: Iterable[str]) -> str:
    """Return one hash of many, whatever their order; 16 hexadecimal digits."""
    return hashlib.sha256("\n".join(sorted(set(parts))).encode()).hexdigest()[:16]
