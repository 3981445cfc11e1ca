"""Arms as points of a response to λ."""

from __future__ import annotations

import itertools
import json
from collections import Counter
from collections.abc import Sequence

from incay.analysis.results.study import Arm
from incay.trainables import names

SETTING = names.WEIGHT
DIVERGED_COLOUR = "#D55E00"


def series(arms: Sequence[Arm]) -> dict[str, str]:
    """Return the name of each arm's series, by arm: arms that differ in λ alone have one together.

    It is what their names share around λ: ``RN`` of ``RN, λ = 0.1`` and ``RN, λ = 1``. Where that
    says nothing, or the same of two series, it is the name of its first arm.
    """
    kinds: dict[str, list[str]] = {}
    for arm in arms:
        kinds.setdefault(_kind(arm), []).append(arm.name)
    shared = {kind: _shared(of_kind) for kind, of_kind in kinds.items()}
    counts = Counter(shared.values())
    return {
        name: shared[kind] if shared[kind] and counts[shared[kind]] == 1 else of_kind[0]
        for kind, of_kind in kinds.items()
        for name in of_kind
    }


def _shared(titles: Sequence[str]) -> str:
    """Return the beginning and end that names have in common, without what surrounds a number."""
    if len(titles) == 1:
        return titles[0]
    start = _common(titles).rstrip("0123456789.e+- =:,(λ")
    end = _common([title[::-1] for title in titles])[::-1].lstrip("0123456789.e+- =:,")
    return " ".join(filter(None, (start, end)))


def _common(titles: Sequence[str]) -> str:
    columns = zip(*titles, strict=False)
    same = itertools.takewhile(lambda letters: len(set(letters)) == 1, columns)
    return "".join(letters[0] for letters in same)


def _kind(arm: Arm) -> str:
    """Return what arms of one series share; arms without λ are alone."""
    if not names.incay_is_on(arm.config) or SETTING in arm.search:
        return arm.name
    others = {name: each for name, each in names.flatten(arm.config).items() if name != SETTING}
    return json.dumps(others, sort_keys=True)
