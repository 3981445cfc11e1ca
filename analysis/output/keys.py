"""The short keys that exported numbers carry, by which `incay trace` finds their trials again.

A key is ten letters in three groups, such as ``kq3-x7v-2mab``. Each group is a hash of what it
says:

* which table: study, run and name, so that all numbers of a table begin alike and a key can be
  looked for by building that one table;
* which cell: row and column; of a table as a whole ``all``;
* what stands there, and where: value, interval and trials. So the same number has the same key
  whenever it is exported, and a key that is right but for its last group is of a number that has
  changed since.

What a test says of a number, its marks and notes, is no part of it: they may change with the arms
beside it while the number stays.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from incay.analysis.content import Cell, TableContent

WHOLE = "all"
"""The second group of a table's own key."""
_GROUPS = (3, 3, 4)
_LETTER = "[a-z2-7]"
PATTERN = "-".join(f"{_LETTER}{{{size}}}" for size in _GROUPS)
"""Of a key, as a regular expression."""
_MISREAD = str.maketrans("018", "olb")
"""Digits that no key has, and the letters that they are read for."""
_DIGITS = 9
"""Of a value, that count: the last ones differ between versions of a library."""


@dataclass(frozen=True)
class Keys:
    """The keys of a table.

    Attributes:
        table: Its own.
        cells: By row's index and column's key; cells that hold nothing have none.
    """

    table: str
    cells: dict[tuple[int, str], str] = field(default_factory=dict)


def keys_of(table: TableContent) -> Keys:
    """Return the keys of a table and of its cells."""
    first = which_table(table.study, table.run, table.name)
    cells = {}
    for index, name, nth in _numbered_rows(table):
        for column in table.columns:
            cell = table.rows[index].cells.get(column.key)
            if cell is not None and cell.holds_something:
                place = (name, nth, column.key)
                cells[index, column.key] = f"{first}-{_which_cell(place)}-{_content(place, cell)}"
    third = _hashed(_GROUPS[2], sorted(cells.values()))
    return Keys(f"{first}-{WHOLE}-{third}", cells)


def which_table(study: str, run: str, name: str) -> str:
    """Return the first group of the keys of a table."""
    return _hashed(_GROUPS[0], [study, run, name])


def parse_key(text: str) -> str | None:
    """Return the key that somebody has typed, None where it cannot be one.

    Capitals, missing dashes and digits in the place of the letters that they look like are read.
    """
    letters = re.sub(r"[\s-]", "", text.casefold().removeprefix("incay:")).translate(_MISREAD)
    if re.fullmatch(f"{_LETTER}{{{sum(_GROUPS)}}}", letters) is None:
        return None
    first, second = _GROUPS[0], _GROUPS[0] + _GROUPS[1]
    return "-".join((letters[:first], letters[first:second], letters[second:]))


def _numbered_rows(table: TableContent) -> Iterator[tuple[int, str, int]]:
    """Yield each row's index, its name, and how many rows above have the same name."""
    seen: Counter[str] = Counter()
    for index, row in enumerate(table.rows):
        yield index, row.name, seen[row.name]
        seen[row.name] += 1


def _which_cell(place: tuple[str, int, str]) -> str:
    group = _hashed(_GROUPS[1], place)
    return group if group != WHOLE else _hashed(_GROUPS[1], (*place, WHOLE))


def _content(place: tuple[str, int, str], cell: Cell) -> str:
    said = [
        *place,  # again: else the many cells that say `pending` would differ in one group alone
        _rounded(cell.value),
        _rounded(cell.half_width),
        cell.n,
        cell.text,
        cell.reason,
        "" if cell.published is None else str(cell.published.value),
        sorted(set(cell.fingerprints)),
    ]
    return _hashed(_GROUPS[2], said)


def _rounded(value: float | None) -> str:
    return "" if value is None else f"{value + 0.0:.{_DIGITS}g}"  # -0.0 + 0.0 is 0.0


def _hashed(size: int, parts: Sequence[object]) -> str:
    digest = hashlib.sha256(json.dumps(parts).encode()).digest()
    return base64.b32encode(digest).decode()[:size].lower()
