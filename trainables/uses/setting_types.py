"""Which types a component's settings may have: what a study can write and a record keep."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin, get_type_hints

from incay.trainables.settings import Settings
from incay.trainables.uses.problems import reason

_PLAIN = (bool, int, float, str, NoneType)


def type_problem(settings: Any) -> str:
    """Return what is wrong with the types of a settings class, nothing if nothing is.

    Args:
        settings: A dataclass that takes its defaults.
    """
    try:
        hints = get_type_hints(settings, include_extras=True)
    except Exception as error:
        return f"must have types that can be read, but: {reason(error)}"
    for item in dataclasses.fields(settings):
        for bad in _unwritable(hints[item.name]):
            name = getattr(bad, "__name__", str(bad))
            return (
                f"must have settings that a study can write and that do not change (numbers, "
                f"texts, true and false, None, Literal, and tuples of these), but {item.name!r} "
                f"is of type {name}"
            )
    return ""


def _unwritable(hint: Any) -> Iterator[Any]:
    """Yield the types within a type that no study can write."""
    origin = get_origin(hint)
    if hint in _PLAIN or hint is Ellipsis or origin is Literal:
        return
    if isinstance(hint, type) and issubclass(hint, Settings):
        return
    if origin is Annotated:
        yield from _unwritable(get_args(hint)[0])
    elif origin in (tuple, Union, UnionType):
        for part in get_args(hint):
            yield from _unwritable(part)
    else:
        yield hint
