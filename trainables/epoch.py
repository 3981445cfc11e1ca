"""The epoch of fingerprints: code that was changed since, and shown to compute what it did then.

A trial's fingerprint covers every definition of the training loop, so that adding an optimiser
there would file all trials anew, also those that use none of it. `epoch.json` lists the modules
that have changed since the epoch: a digest of each as it is now, and the hashes of its definitions
as they were. While a module is what its digest says, a trial that asks for nothing later than the
epoch counts it as it was. Any edit of it breaks the digest and makes a new version at once.

That the listed code computes the same bits is held by ``tests/trainables/test_papers_recipe.py``.
``python -m benchmarks.epoch`` writes the list.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from incay.trainables.source.versions import digest

TABLE = "epoch.json"


@dataclass(frozen=True)
class Declared:
    """One module that has changed since the epoch.

    Attributes:
        now: Digest of its definitions as they were shown to compute the same.
        then: Hashes of its definitions at the epoch; none, if there was no such module.
    """

    now: str
    then: frozenset[str]


@cache
def declared() -> Mapping[str, Declared]:
    """Return the modules that have changed since the epoch, by name."""
    values = json.loads(files("incay.trainables").joinpath(TABLE).read_text("utf-8"))
    return {
        module: Declared(each["now"], frozenset(each["then"]))
        for module, each in values["modules"].items()
    }


def as_then(definitions: Mapping[str, frozenset[str]]) -> dict[str, frozenset[str]]:
    """Return modules with their definitions as they count for a trial of the epoch.

    Args:
        definitions: Hashes of what each module defines now, by its name. A module of which
            nothing counts is left out.
    """
    found = {}
    for module, now in definitions.items():
        known = declared().get(module)
        counts = known.then if known is not None and known.now == digest(now) else now
        if counts or not now:
            found[module] = counts
    return found
