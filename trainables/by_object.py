"""Remembers what a function says of an object that never changes, by which object it is.

Settings are frozen, and trials of an arm share most parts of theirs. To ask which object one is
takes less than to hash it, and tells 1 from 1.0, which are equal and written otherwise.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

_Each = TypeVar("_Each")
_Answer = TypeVar("_Answer")
_MOST = 1_000
"""Objects that are remembered with their answers; then all of them are forgotten."""


def by_object(function: Callable[[_Each, str], _Answer]) -> Callable[[_Each, str], _Answer]:
    """Return the function, which is called once for each object and name.

    Args:
        function: Of an object that nothing changes, and of its name.
    """
    # With the object: while it is held, no other one has its identity.
    known: dict[tuple[int, str], tuple[_Each, _Answer]] = {}

    def remembered(each: _Each, name: str) -> _Answer:
        found = known.get((id(each), name))
        if found is None:
            if len(known) >= _MOST:
                known.clear()
            found = known[id(each), name] = each, function(each, name)
        return found[1]

    return remembered
