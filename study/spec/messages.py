"""What pydantic found wrong with a value, in the words of these messages."""

from __future__ import annotations

import ast
import difflib
from collections.abc import Mapping, Sequence
from typing import Any

_MOST_KEYS = 12
_NEAREST_KEYS = 8

_KINDS: Mapping[str, str] = {
    "int": "a whole number",
    "float": "a number",
    "string": "text",
    "bool": "true or false",
    "list": "a list",
    "tuple": "a list",
    "dict": "a mapping",
    "model": "a mapping of settings",
    "dataclass": "a mapping of settings",
}
_LIMITS: Mapping[str, str] = {
    "greater_than_equal": "at least {ge}",
    "greater_than": "above {gt}",
    "less_than_equal": "at most {le}",
    "less_than": "below {lt}",
    "string_too_long": "text of at most {max_length} characters",
    "too_short": "a list of at least {min_length}",
    "finite_number": "finite",
}


def expected(problem: Mapping[str, Any]) -> str:
    """Return what a value must be.

    Args:
        problem: One of the errors of a pydantic `ValidationError`.
    """
    kind, context = str(problem["type"]), problem.get("ctx", {})
    if kind in _LIMITS:
        return _LIMITS[kind].format(**context)
    if kind == "literal_error":
        # The choices come as text only: "'tpe', 'random' or 'grid'".
        choices = str(context["expected"]).replace(" or ", ", ")
        return f"one of {', '.join(str(each) for each in ast.literal_eval(f'({choices},)'))}"
    return _KINDS.get(kind.split("_")[0], str(problem["msg"]).removeprefix("Input should be "))


def unknown_key(name: str, known: Sequence[str]) -> str:
    """Return the message for a key that is not one of the known."""
    close = difflib.get_close_matches(name, known, n=1)
    start = f"did you mean {close[0]!r}? A" if close else "a"
    shown: Sequence[str] = known
    rest = ""
    if len(known) > _MOST_KEYS:
        nearest = difflib.get_close_matches(name, known, n=_NEAREST_KEYS, cutoff=0.0)
        shown = [key for key in known if key in nearest]
        rest = f" and {len(known) - len(shown)} more"
    return f"{start} key must be one of {', '.join(shown)}{rest}, but got {name!r}"
