"""Arms' names: taken apart into method and settings, and found among a paper's."""

from __future__ import annotations

import re
from collections.abc import Iterable

from incay.analysis.papers.publications import PublishedTable
from incay.analysis.results.study import Arm
from incay.trainables.names import MARGIN_GRADIENT

_SEPARATOR = re.compile(r"\s*(?:,|/|·|@|:|\bon\b|\bwith\b|\(|\)|\[|\])\s*")
_SETTING = re.compile(r"(?:λ|μ|lambda|mu|scale|weight|weight decay)\s*[=×x]?\s*[\d.e+-]+", re.I)


STRAIGHT_THROUGH = " (straight-through gradient)"
"""What is said of a margin that its gradient leaves out: by its loss's name alone it is another
method to whoever knows the formula, and to whoever runs InsightFace the only one."""


def method_label(arm: Arm, name: str = "") -> str:
    """Return an arm's name, or what stands for it, with the gradient where it is no formula's.

    Args:
        arm: The arm.
        name: What it is called in a table; by default its own name.
    """
    name = name or arm.name
    told = "straight" in name.casefold()
    return name + STRAIGHT_THROUGH if is_straight_through(arm) and not told else name


def is_straight_through(arm: Arm) -> bool:
    """Return whether an arm's loss has a margin that its gradient leaves out."""
    return bool(arm.setting(MARGIN_GRADIENT) == "straight_through")


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
