"""How often a study looks at its test results: what `confirm` declares, as numbers of seeds.

A test that is looked at again and again, until it shows something, is wrong far more often than its
level says. So a study declares its looks before it has results; the level is shared out among them
(`incay.analysis.statistics.sequential`).
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

from incay.study.errors import shown

if TYPE_CHECKING:
    from incay.study.spec.header import Confirm
    from incay.study.spec.reading.document import Document

MOST_LOOKS = 50
_TIMES = 8
"""How many times its first look a study goes to, where it says no more than `until: decided`."""
_APART = 1.25
"""The last look but one has at least that many times fewer seeds than the last."""


def declared_looks(confirm: Confirm) -> tuple[int, ...]:
    """Return after how many seeds a study looks; a fixed number of seeds is one look.

    `until: decided` looks after the first number of seeds, and after each doubling: early
    enough to spare seeds where an effect is large, and seldom enough that the last look loses
    little power.
    """
    given = confirm.seeds
    count = given if isinstance(given, int) else len(given)
    if confirm.looks is not None:
        return tuple(confirm.looks)
    if confirm.until is None:
        return (count,)
    last = confirm.at_most or _TIMES * count
    looks = [count]
    while looks[-1] * 2 * _APART <= last:
        looks.append(looks[-1] * 2)
    return (*looks, last)


def check_looks(document: Document, confirm: Confirm) -> None:
    """Refuse looks that contradict each other.

    Raises:
        StudyError: It names the key.
    """
    path = ("confirm", "looks")
    given, looks = confirm.seeds, confirm.looks
    if looks is not None:
        if any(later <= earlier for earlier, later in pairwise(looks)):
            raise document.error(path, f"must ascend, but got {shown(looks)}")
        for key in ("until", "at_most"):
            if document.has(("confirm", key)):
                raise document.error(
                    ("confirm", key), "looks say after how many seeds: one of the two must go"
                )
        if isinstance(given, list) and len(given) != looks[-1]:
            raise document.error(
                ("confirm", "seeds"),
                f"must list as many seeds as the last look has ({looks[-1]}), but lists "
                f"{len(given)}",
            )
        if isinstance(given, int) and document.has(("confirm", "seeds")) and given != looks[-1]:
            raise document.error(
                ("confirm", "seeds"),
                f"must be left out, or be the last look's {looks[-1]}, but got {given}",
            )
        return
    if confirm.until is None:
        for key in ("at_most", "spending"):
            if document.has(("confirm", key)):
                raise document.error(
                    ("confirm", key), "must stand beside looks, or until: decided, but neither does"
                )
        return
    if isinstance(given, list):
        raise document.error(
            ("confirm", "seeds"),
            "must be how many seeds the first look has; beside a list of seeds, looks must stand "
            "in place of until",
        )
    if given < 2:
        raise document.error(
            ("confirm", "seeds"), f"the first look must have at least 2 seeds, but got {given}"
        )
    if confirm.at_most is not None and confirm.at_most <= given:
        raise document.error(
            ("confirm", "at_most"),
            f"must be more than the first look's {given} seeds, but got {confirm.at_most}",
        )
