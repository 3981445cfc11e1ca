"""Arms that a driver is to run by themselves, checked by name."""

from __future__ import annotations

import difflib
from collections.abc import Sequence

from incay.study.errors import UserError, listed, shown
from incay.study.spec.study import StudySpec


def named_arms(spec: StudySpec, asked: Sequence[str]) -> tuple[str, ...]:
    """Return the arms whose search is to be run, each once; none for the whole study.

    Raises:
        UserError: The study has no such arm, or no search that could be divided.
    """
    known = [arm.name for arm in spec.arms]
    folded = {name.casefold(): name for name in known}
    for name in asked:
        if name not in known:
            close = difflib.get_close_matches(name.casefold(), folded, n=1)
            hint = f"; did you mean {folded[close[0]]!r}?" if close else ""
            raise UserError(
                f"--arm: must name an arm of {spec.name!r}, but it has no {shown(name)} (its arms: "
                f"{listed(known)}{hint})"
            )
    if asked and not spec.searches:
        raise UserError(
            f"--arm: needs a study with a search, which drivers of single arms divide, but "
            f"{spec.name!r} has none: run it without --arm"
        )
    return tuple(dict.fromkeys(asked))
