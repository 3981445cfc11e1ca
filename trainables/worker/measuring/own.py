"""What is to be said of measures of the user's own, for those who read results without the code."""

from __future__ import annotations

from typing import Any

from incay.trainables.measures import measures
from incay.trainables.source.tree import own_code


def own_measures() -> dict[str, dict[str, Any]]:
    """Return title, unit, direction and digits of the user's measures that are in use, by name."""
    return {
        name: {
            "title": measure.title,
            "unit": measure.unit,
            "symbol": measure.symbol,
            "better": measure.better,
            "decimals": measure.decimals,
        }
        for name, measure in measures.items()
        if measure.__module__ in own_code.modules
    }
