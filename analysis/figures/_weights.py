"""Arms as points of a response to λ."""

from __future__ import annotations

import itertools
import json
from collections.abc import Sequence

from analysis.results import Arm

SETTING = "incay.weight"
DIVERGED_COLOUR = "#D55E00"


def series(arms: Sequence[Arm]) -> dict[str, str]:
    """Return the name of each arm's series, by arm: arms that differ in λ alone have one together.

    It is what their names begin with, up to λ: ``RN`` of ``RN, λ = 0.1`` and ``RN, λ = 1``.
    """
    kinds: dict[str, list[Arm]] = {}
    for arm in arms:
        kinds.setdefault(_kind(arm), []).append(arm)
    names: dict[str, str] = {}
    for kind in kinds.values():
        columns = zip(*(arm.name for arm in kind), strict=False)
        same = itertools.takewhile(lambda letters: len(set(letters)) == 1, columns)
        shared = "".join(letters[0] for letters in same)
        if len(kind) > 1:
            shared = shared.rstrip("0123456789. =:,(λ-")
        for arm in kind:
            names[arm.name] = shared or kind[0].name
    return names


def _kind(arm: Arm) -> str:
    """Return what arms of one series share; arms without λ are alone."""
    incay = arm.config.get("incay")
    if not incay or not incay.get("weight") or SETTING in arm.search:
        return arm.name
    others = {key: value for key, value in incay.items() if key != "weight"}
    return json.dumps({**arm.config, "incay": others}, sort_keys=True)
