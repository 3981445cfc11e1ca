"""What a trial is filed under: a hash of what it computes, on which data, by which code."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Mapping
from typing import Any

from incay.trainables.names import INCAY, incay_is_on
from incay.trainables.store.later import as_before, part_as_before

_ENCODER = json.JSONEncoder(sort_keys=True, separators=(",", ":"))
DIGITS = 20
"""Of a fingerprint, hexadecimal."""
_FINGERPRINT = re.compile(rf"[0-9a-f]{{{DIGITS}}}")
INCAY_OFF = {
    "form": "none",
    "weight": 0.0,
    "gate": "all",
    "threshold": "none",
    "start_step": 0,
    "epsilon": 1e-6,
}
"""How a term that is off stands in what is hashed: it computes nothing, λ = 0 *is* the baseline."""


def is_fingerprint(text: str) -> bool:
    """Return whether a text may be a fingerprint."""
    return _FINGERPRINT.fullmatch(text) is not None


def canonical(config: Mapping[str, Any]) -> str:
    """Return the one JSON text that stands for what a whole nested configuration computes.

    What is off stands in it as off, and settings that came later only where they change anything.
    """
    values = config if incay_is_on(config) else {**config, INCAY: INCAY_OFF}
    return _ENCODER.encode(as_before(values))


def canonical_part(name: str, value: Any) -> str:
    """Return what `canonical` says of one part of a configuration; empty where that is nothing."""
    if name == INCAY and not incay_is_on({name: value}):
        return OFF
    return _written(name, value)


def _written(name: str, value: Any) -> str:
    left = part_as_before(name, value)
    if left is None and value is not None:
        return ""
    return f"{_ENCODER.encode(name)}:{_ENCODER.encode(left)}"


OFF = _written(INCAY, INCAY_OFF)
"""What the canonical text says of an incay term that is off, or that there is none."""


def canonical_of(parts: Iterable[str]) -> str:
    """Return the canonical text from `canonical_part` of all parts, in the order of their names.

    Many trials share most of their parts, whose text then need not be made for each.
    """
    return "{" + ",".join(filter(None, parts)) + "}"


def fingerprint_of(config: Mapping[str, Any], data_hash: str, code_version: str) -> str:
    """Return the fingerprint of a trial, 20 hexadecimal digits.

    Args:
        config: Its whole configuration, nested.
        data_hash: Content hash of all files that it reads.
        code_version: Of the code that trains it.
    """
    return fingerprint_of_text(canonical(config), data_hash, code_version)


def fingerprint_of_text(settings: str, data_hash: str, code_version: str) -> str:
    """Return the fingerprint of a trial whose configuration has this `canonical` text."""
    text = "\n".join((settings, data_hash, code_version))
    return hashlib.sha256(text.encode()).hexdigest()[:DIGITS]
