"""Where a study gives a setting of an arm: with the arm, in its grid, or in the base."""

from __future__ import annotations

from collections.abc import Sequence

from incay.study.spec.reading.document import Document, KeyPath

GRID = "grid"
"""The key of an arm that makes several of it."""


def place_of(document: Document, source: str, setting: Sequence[str]) -> KeyPath:
    """Return the path in the study at which a setting of an arm is given.

    Args:
        document: The study.
        source: The key below ``arms`` that the arm comes from.
        setting: The setting's name, part by part.
    """
    parts, own = tuple(setting), ("arms", source)
    if (*own, GRID, *parts) in document.places:
        return (*own, GRID, *parts)
    # An arm that gives a component gives all of its settings.
    if any((*own, *parts[:size]) in document.places for size in range(1, len(parts) + 1)):
        return (*own, *parts)
    return ("base", *parts)
