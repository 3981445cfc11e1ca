"""Columns of what is measured: key, title, unit and digits are the vocabulary's."""

from __future__ import annotations

from incay.analysis.content import Column
from incay.trainables.metrics import Quantity


def column_of(quantity: Quantity, split: str = "") -> Column:
    """Return the column of a quantity.

    Args:
        quantity: What is measured.
        split: Of which split, where the heading is to say it.
    """
    title = (
        f"{split} {quantity.short}" if split else quantity.title[:1].upper() + quantity.title[1:]
    )
    return Column(key=quantity.name, title=title, unit=quantity.unit, decimals=quantity.decimals)
