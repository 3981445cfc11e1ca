"""What a measure must keep, of ours or of the user's own, in words where it does not."""

from __future__ import annotations

import dataclasses
import math
import re
from numbers import Real
from typing import Any

import numpy as np

from incay.trainables import metrics
from incay.trainables.errors import said
from incay.trainables.measures.planted import planted_records
from incay.trainables.measures.records import Records

_NAME = re.compile(r"[a-z][a-z0-9_]*(\.[a-z0-9_]+)*")
_FIELDS = [each.name for each in dataclasses.fields(Records) if not each.name.startswith("_")]


def measure_problem(measure: Any) -> str:
    """Return what a measure lacks, nothing if it lacks nothing.

    It is tried out on a few planted images: what fails there would fail after a whole training.
    """
    if not _NAME.fullmatch(measure.name):
        return "must have a name of small letters, digits, _ and dots"
    if measure.name in _TAKEN or measure.name.partition(".")[0] in metrics.SPLITS:
        return "must have a name of its own, but this one is of what every trial records"
    if problem := _words_problem(measure):
        return problem
    needs = getattr(measure, "needs", None)
    if not isinstance(needs, tuple) or not needs:
        return "must say by needs, a tuple, which fields of Records it is computed of"
    for name in needs:
        if name not in _FIELDS:
            return f"must need fields of Records ({', '.join(_FIELDS)}), but needs {name!r}"
    records = planted_records()
    only = {name: getattr(records, name) for name in {*needs, *_ALWAYS}}
    try:
        with np.errstate(all="ignore"):
            value: object = measure.compute(Records(**only))
    except Exception as error:
        return f"must be computed of what it needs, but: {type(error).__name__}: {said(error)}"
    if not isinstance(value, Real):
        return f"must be a number, but is of type {type(value).__name__}"
    if math.isinf(value):
        return f"must be a finite number, or NaN where it has no meaning, but is {value}"
    return ""


def _words_problem(measure: Any) -> str:
    """Return what is wrong with how a measure is told, nothing if nothing is."""
    title = getattr(measure, "title", "")
    if not isinstance(title, str) or not title:
        return "must have a title: what readers call it"
    if measure.better not in ("less", "more", None):
        return f"must have better = 'less', 'more' or None, but has {measure.better!r}"
    for part in ("unit", "symbol"):
        if not isinstance(getattr(measure, part), str):
            return f"must have a text as {part}, but has {getattr(measure, part)!r}"
    if not isinstance(measure.decimals, int) or not 0 <= measure.decimals <= _MOST_DECIMALS:
        return f"must have decimals from 0 to {_MOST_DECIMALS}, but has {measure.decimals!r}"
    if not isinstance(measure.most, Real):
        return f"must have a number as most, but has {measure.most!r}"
    return ""


_MOST_DECIMALS = 12
_TAKEN = {
    *(each.name for each in (*metrics.EVALUATED, *metrics.VERIFIED, metrics.ACCURACY)),
    *metrics.CLASSIFICATION_TERMS,
    metrics.INCAY_TERM,
    *metrics.ABOUT_REPORTS,
}
_ALWAYS = ("label", "prediction", "loss", "norm")
