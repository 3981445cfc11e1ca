"""What a trial is filed under: a hash of what it computes, on which data, by which code."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from typing import Any

from incay.trainables.names import INCAY, incay_is_on

DIGITS = 20
"""Of a fingerprint, hexadecimal."""
INCAY_OFF = {
    "form": "none",
    "weight": 0.0,
    "gate": "all",
    "threshold": "none",
    "start_step": 0,
    "epsilon": 1e-6,
}
"""How a term that is off stands in what is hashed: it computes nothing, λ = 0 *is* the baseline."""


LATER = {"measure.train": False, "measure.reports": False, "measure.ood": []}
"""Settings that trials had not at first, by the value that means so: with it they do not count."""


def is_fingerprint(text: str) -> bool:
    """Return whether a text may be a fingerprint."""
    return re.fullmatch(rf"[0-9a-f]{{{DIGITS}}}", text) is not None


def canonical(config: Mapping[str, Any]) -> str:
    """Return the one JSON text that stands for what a whole nested configuration computes."""
    values = config if incay_is_on(config) else {**config, INCAY: INCAY_OFF}
    return json.dumps(_without_later(values), sort_keys=True, separators=(",", ":"))


def fingerprint_of(config: Mapping[str, Any], data_hash: str, code_version: str) -> str:
    """Return the fingerprint of a trial, 20 hexadecimal digits.

    Args:
        config: Its whole configuration, nested.
        data_hash: Content hash of all files that it reads.
        code_version: Of the code that trains it.
    """
    text = "\n".join((canonical(config), data_hash, code_version))
    return hashlib.sha256(text.encode()).hexdigest()[:DIGITS]


def _without_later(config: Mapping[str, Any]) -> dict[str, Any]:
    values = dict(config)
    for name, before in LATER.items():
        part, _, setting = name.partition(".")
        inner = values.get(part)
        if isinstance(inner, Mapping) and inner.get(setting) == before:
            values[part] = {key: value for key, value in inner.items() if key != setting}
            if not values[part]:
                del values[part]
    return values
