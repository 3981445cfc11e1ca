"""How far classes lie apart by their means and scatter, and in how many directions features do."""

from __future__ import annotations

import numpy as np

from incay.trainables.measures import Measure, Records, register_measure
from incay.trainables.measures.nc2 import centred
from incay.trainables.measures.pairs import NEEDS


@register_measure("fisher")
class Fisher(Measure):
    """tr Σ_B / tr Σ_W, Σ_B between class means (1/K), Σ_W within classes (1/N)."""

    title = "Fisher ratio"
    better = "more"
    decimals = 3
    citation = "Fisher, Annals of Eugenics 7 (1936), as the ratio of traces"
    needs = ("class_count", "class_mean", "class_within")

    @staticmethod
    def compute(records: Records) -> float:
        """Return it."""
        assert records.class_count is not None
        assert records.class_mean is not None
        assert records.class_within is not None
        between = (centred(records.class_mean) ** 2).sum(axis=1).mean()
        within = np.average(records.class_within.astype(np.float64), weights=records.class_count)
        return float(between / within)


@register_measure("separation")
class Separation(Measure):
    """R² = 1 − (mean cosine distance within classes)/(mean cosine distance), classes alike."""

    title = "class separation R²"
    symbol = "R²"
    better = "more"
    most = 1.0
    citation = "Kornblith et al., Why Do Better Loss Functions Lead to Less Transferable Features?"
    needs = ("unit_mean", "unit_overall")

    @staticmethod
    def compute(records: Records) -> float:
        """Return it: the means over all pairs, an image and itself among them, are of ū_c."""
        assert records.unit_mean is not None
        assert records.unit_overall is not None
        within = 1.0 - records.unit_mean.mean(dtype=np.float64)
        overall = 1.0 - records.unit_overall.mean(dtype=np.float64)
        return float(1.0 - within / overall)


@register_measure("effective_rank")
class EffectiveRank(Measure):
    """exp(−Σ q_i log q_i), q_i = σ_i/Σσ, σ the singular values of the centred drawn features."""

    title = "effective rank of features"
    decimals = 2
    citation = "Roy, Vetterli, The Effective Rank, EUSIPCO 2007, definition 1"
    needs = NEEDS

    @staticmethod
    def compute(records: Records) -> float:
        """Return it."""
        assert records.drawn_feature is not None
        features = records.drawn_feature.astype(np.float64)
        if not len(features):
            return float("nan")
        values = np.linalg.svd(features - features.mean(axis=0), compute_uv=False)
        shares = values[values > 0.0] / values.sum()
        return float(np.exp(-(shares * np.log(shares)).sum()))
