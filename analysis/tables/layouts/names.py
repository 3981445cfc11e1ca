"""Arms' names: taken apart into method and settings, and found among a paper's."""

from __future__ import annotations

import re
from collections.abc import Iterable

from incay.analysis.papers.publications import PublishedTable
from incay.analysis.results.study import Arm

_SEPARATOR = re.compile(r"\s*(?:,|/|·|@|:|\bon\b|\bwith\b|\(|\)|\[|\])\s*")
_SETTING = re.compile(r"(?:λ|μ|lambda|mu|scale|weight|weight decay)\s*[=×x]?\s*[\d.e+-]+", re.I)


def method_of(arm: Arm, columns: Iterable[str]) -> str:
    """Return an arm's name without the parts that name a column or a setting.

    ``RN + Softmax, λ = 0.1`` and ``MNIST: RN + Softmax`` are both ``RN + Softmax``.
    """
    dropped = {plain(column) for column in columns}
    parts = [part for part in _SEPARATOR.split(arm.name) if part]
    kept = [part for part in parts if plain(part) not in dropped and not _SETTING.fullmatch(part)]
    return ", ".join(kept) if kept else arm.name


def line_named(published: PublishedTable, name: str) -> str | None:
    """Return the key of the published row of that name, None where there is none.

    Case and spaces do not count. A cited row is never an arm.
    """
    wanted = _normalized(name)
    keys = (line.key for line in published.rows if not line.cited)
    return next((key for key in keys if _normalized(key) == wanted), None)


def plain(name: str) -> str:
    """Return letters and digits only, in small letters: ``CIFAR-10`` and ``cifar10`` agree."""
    return "".join(character for character in name.casefold() if character.isalnum())


def _normalized(name: str) -> str:
    return "".join(name.casefold().split())
