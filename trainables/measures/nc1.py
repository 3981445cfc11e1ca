"""Neural collapse 1: features of a class become one."""

from __future__ import annotations

import numpy as np

from incay.trainables.measures import Measure, Records, register_measure


@register_measure("nc1")
class NC1(Measure):
    """tr(Σ_W Σ_B⁺)/K, Σ_W within classes (1/N), Σ_B between their means (1/K)."""

    title = "NC1: variability within classes"
    symbol = "NC1"
    better = "less"
    citation = "Papyan, Han, Donoho, PNAS 117 (2020), NC1 and its figure 6"
    needs = ("class_label", "between_part", "within_part")

    @staticmethod
    def compute(records: Records) -> float:
        """Return it: Σ_B⁺ is the inverse along the directions in which class means differ."""
        assert records.class_label is not None
        assert records.between_part is not None
        assert records.within_part is not None
        if not len(records.between_part):
            return float("nan")
        parts = records.within_part.astype(np.float64) / records.between_part
        return float(parts.sum() / len(records.class_label))
