"""What is wrong with a value or a key, in the words of these messages."""

from __future__ import annotations

import ast
import difflib
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import fields
from typing import Any

from incay.study.errors import listed, shown
from incay.study.spec import words
from incay.study.spec.reading.yaml_values import KeyPath
from incay.trainables.config import TrialConfig
from incay.trainables.names import DERIVED

_MOST_KEYS = 24
_HUGE = 10**15
_SETTINGS = {item.name for item in fields(TrialConfig)} - set(DERIVED)
_SETTINGS |= {words.EPOCHS, words.RECIPE}

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


def counted(number: int) -> str:
    """Return a count, of a huge one how large it is about."""
    if number < _HUGE:
        return f"{number:,}"
    return f"about 10^{int(number.bit_length() * math.log10(2))}"


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
    given = problem.get("input")
    if kind.startswith("int_") and isinstance(given, float) and given.is_integer():
        return "a whole number below 2^63 (9.2e18)"
    return _KINDS.get(kind.split("_")[0], str(problem["msg"]).removeprefix("Input should be "))


def unknown_key(name: str, known: Iterable[str], at: KeyPath | None = None) -> str:
    """Return the message for a key that is not one of the known.

    Args:
        name: The key.
        known: The keys that may stand there.
        at: Where among a trial's settings it stands; None among the study's own keys.
    """
    keys = sorted(set(known))
    if not keys:
        return f"there must be no settings here, as there are none to give, but got {shown(name)}"
    meant = _meant(name, keys, at)
    start = f"did you mean {meant!r}? A" if meant else "a"
    return f"{start} key must be one of {_shown(name, keys)}, but got {shown(name)}"


def unknown_name(what: str, name: str, known: Sequence[str]) -> str:
    """Return the message for a name that is not one of those that the study gives itself.

    Args:
        what: What is named.
        name: The name.
        known: Those that the study has, in its order.
    """
    close = difflib.get_close_matches(name, known, n=1)
    hint = f" (did you mean {close[0]!r}?)" if close else ""
    return f"{what} must be one of {listed(known)}, but got {shown(name)}{hint}"


def _meant(name: str, known: Sequence[str], at: KeyPath | None) -> str:
    """Return what was probably meant; nothing if that cannot be said."""
    word = words.plain(name)
    endings = [key for key in known if key.rpartition(".")[2] == word]
    own, other = (words.STUDY, words.TRIAL) if at is None else (words.TRIAL, words.STUDY)
    if at is not None and name.partition(".")[0] in words.OF_STUDY - set(known):
        return f"{name} of the study itself"
    if word in own and (not at or (meant := _from(own[word], at)) in known or " " in meant):
        return _from(own[word], at)
    if len(endings) == 1:
        return endings[0]
    if word in other:
        return _from(other[word], at)
    if at is None and (name in _SETTINGS or name.partition(".")[0] in _SETTINGS):
        return f"base.{name}"
    close = difflib.get_close_matches(name, known, n=1) or difflib.get_close_matches(
        word, known, n=1
    )
    return close[0] if close else ""


def _from(target: str, at: KeyPath | None) -> str:
    """Return a setting's dotted name as it must be written from a place in the study."""
    of_trial = target.partition(".")[0] in _SETTINGS
    if at is None:
        return f"base.{target}" if of_trial else target
    here = f"{'.'.join(at)}." if at else ""
    return target.removeprefix(here) if of_trial else f"{target} of the study itself"


def _shown(name: str, keys: Sequence[str]) -> str:
    """Return the keys, of many those of the nearest part and the names of the other parts."""
    if len(keys) <= _MOST_KEYS:
        return ", ".join(keys)
    near = name.partition(".")[0]
    parts = {
        key if part == near or not dot else f"{part}.…"
        for key in keys
        for part, dot, _ in [key.partition(".")]
    }
    return ", ".join(sorted(parts))
