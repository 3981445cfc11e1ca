"""Trials of an arm share the parts of their configurations that are the same."""

from __future__ import annotations

from dataclasses import fields, is_dataclass, replace

from incay.study.planning.sharing import share_parts
from incay.trainables.config import TrialConfig


def test_what_is_the_same_is_held_once_and_what_is_written_stays():
    first = TrialConfig()
    other = replace(
        TrialConfig(), incay=replace(first.incay, form="reciprocal", weight=1.0), seed=3
    )
    before = other.to_dict()
    shared = share_parts(other, first)
    assert shared.to_dict() == before
    parts = [each.name for each in fields(first) if is_dataclass(getattr(first, each.name))]
    same = [name for name in parts if getattr(shared, name) is getattr(first, name)]
    assert set(same) == set(parts) - {"incay"}


def test_a_whole_number_is_no_real_one():
    first = TrialConfig()
    one, other = (
        replace(first, incay=replace(first.incay, form="reciprocal", weight=value))
        for value in (1, 1.0)
    )
    assert repr(share_parts(other, one).incay.weight) == "1.0"
