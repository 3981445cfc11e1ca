"""Inputs that Hypothesis makes up: JSON, YAML, and changes to files that are right."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from hypothesis import strategies as st

_NUMBERS = st.one_of(
    st.integers(-2, 3),
    st.integers(),
    st.integers(10**3, 10**40),
    st.floats(),
    st.sampled_from([0.0, -0.0, 1e-300, 1e18, 1e300, 2**63, 2**31, 10**9]),
)
_WORDS = st.sampled_from(
    [
        *("", "none", "null", "A", "B", "digits", "mnist", "softmax", "l-softmax", "mnist-2d"),
        *("reciprocal", "1 .. 4", "log 1e-5 .. 1e-2", "1 .. 1e300", "2 x mean", "1 x arm:A"),
        *("1 x arm:B", "val.error", "min", "max", "grid", "tpe", "asha", "sealed", "paper", "step"),
        *("../../etc/passwd", "/dev/zero", "{incay.weight}", "\x00", "\u202e", "[/b]", "x" * 1_001),
        *("optimizer.lr", "incay", "incay.weight", "batch_size", "all arms", "0" * 20, "f" * 64),
    ]
)
SCALARS = st.one_of(st.none(), st.booleans(), _NUMBERS, _WORDS, st.text(max_size=20))
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.one_of(
        st.lists(inner, max_size=5),
        st.dictionaries(st.one_of(_WORDS, st.text(max_size=8)), inner, max_size=5),
    ),
    max_leaves=20,
)
Path = tuple[Any, ...]


def paths(value: Any, prefix: Path = ()) -> Iterator[Path]:
    """Yield the place of each value in nested ones."""
    inner: Sequence[tuple[Any, Any]] = ()
    if isinstance(value, dict):
        inner = [*value.items()]
    elif isinstance(value, list):
        inner = [*enumerate(value)]
    for key, each in inner:
        yield (*prefix, key)
        yield from paths(each, (*prefix, key))


@st.composite
def changed(draw: Callable[[Any], Any], whole: Any, keys: Sequence[str] = ()) -> Any:
    """Return nested values in which one to three places were given another value, or none."""
    values = copy.deepcopy(whole)
    for _ in range(draw(st.integers(1, 3))):
        places = [*paths(values)]
        if not places:
            break
        *parents, last = draw(st.sampled_from(places))
        node = values
        for part in parents:
            node = node[part]
        what = draw(st.sampled_from(["replace", "replace", "remove", "add", "swap"]))
        if what == "remove":
            del node[last]
        elif what == "swap":
            other = values
            for part in draw(st.sampled_from(places)):
                other = other[part]
            node[last] = copy.deepcopy(other)
        elif what == "add" and isinstance(node, dict):
            names = st.sampled_from(keys) if keys else _WORDS
            node[draw(st.one_of(names, st.text(max_size=8)))] = draw(VALUES)
        else:
            node[last] = draw(VALUES)
    return values


def as_json(value: Any) -> bytes:
    """Return a value as JSON, what it cannot say as Python says it."""
    return json.dumps(value).encode()


def as_yaml(value: Any) -> str:
    """Return a value as YAML in flow style: JSON but for some numbers."""
    return json.dumps(value).replace("NaN", ".nan").replace("Infinity", ".inf")


YAML_TEXTS = st.one_of(
    st.text(max_size=200),
    st.text(alphabet="abk:-?,[]{}&*!|>'\"%@`#<= \n\t0123456789.~/\\", max_size=120),
    st.lists(
        st.sampled_from(
            [
                *(
                    "name: t\n",
                    "base:\n",
                    "arms:\n",
                    "  A: {}\n",
                    "  ",
                    "- ",
                    ": ",
                    "? ",
                    "&a ",
                    "*a",
                ),
                *(
                    "<<: *a\n",
                    "{",
                    "}",
                    "[",
                    "]",
                    ",",
                    "'",
                    '"',
                    "|\n",
                    ">\n",
                    "--- ",
                    "...\n",
                    "# x\n",
                ),
                *(
                    "!!int ",
                    "!!float ",
                    "!!binary ",
                    "!!python/name:os.system ",
                    "%YAML 1.1\n---\n",
                ),
                *(
                    "steps: 3\n",
                    "1e400",
                    "0o7",
                    "1:2:3",
                    "2020-01-01",
                    "~",
                    "\\x",
                    "\x85",
                    "\ufeff",
                ),
                *("search:\n", "  all arms: {optimizer.lr: 0.1 .. 0.2}\n", "confirm: {seeds: 2}\n"),
            ]
        ),
        max_size=30,
    ).map("".join),
)
