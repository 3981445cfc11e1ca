"""What a study file may write for a value beside the value itself.

``1e4`` is a number with a point to YAML and a whole one to its writer; ``none``, which these
documents say of a default, is a text to YAML. Both are taken for what they mean where nothing else
could be meant.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from functools import cache
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin, get_type_hints

from pydantic import BaseModel

NONE = "none"


def fitted(hint: Any, value: Any) -> Any:
    """Return a value as its type has it, where the file may write it otherwise.

    Args:
        hint: The type: of a setting, or a class of settings.
        value: As the file gives it.
    """
    if isinstance(value, Mapping):
        inner = _hints(hint)
        return {key: fitted(inner.get(key, Any), each) for key, each in value.items()}
    kinds = list(_kinds(hint))
    if value == NONE and NoneType in kinds and str not in kinds and NONE not in kinds:
        return None
    if isinstance(value, float) and value.is_integer() and int in kinds and abs(value) < 2**63:
        # Where a number may be a share as well, as of milestones, 1.0 and less is one.
        return int(value) if float not in kinds or value > 1 else value
    if isinstance(value, list):
        items = [_items(kind) for kind in kinds if get_origin(kind) in (list, tuple)]
        return [fitted(items[0], each) for each in value] if items else value
    return value


def _hints(hint: Any) -> Mapping[str, Any]:
    """Return the types of a class's settings, by name; nothing for what has none."""
    for kind in _kinds(hint):
        if isinstance(kind, type) and (is_dataclass(kind) or issubclass(kind, BaseModel)):
            return _of_class(kind)
    return {}


@cache  # to look types up takes longer than all else that is done with a value
def _of_class(kind: type[Any]) -> Mapping[str, Any]:
    names = [item.name for item in fields(kind)] if is_dataclass(kind) else list(kind.model_fields)
    hints = get_type_hints(kind, include_extras=True)
    return {name: hints[name] for name in names}


def _kinds(hint: Any) -> list[Any]:
    """Return the types, and single values, of which a value may be."""
    origin = get_origin(hint)
    if origin is Annotated:
        return _kinds(get_args(hint)[0])
    if origin in (Union, UnionType):
        return [kind for part in get_args(hint) for kind in _kinds(part)]
    return list(get_args(hint)) if origin is Literal else [hint]


def _items(kind: Any) -> Any:
    """Return the type of a list's items."""
    arguments = [each for each in get_args(kind) if each is not Ellipsis]
    return Union[tuple(arguments)] if arguments else Any  # noqa: UP007 - made while running
