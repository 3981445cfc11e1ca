"""The range of norms that a figure shows, also where a model's features have exploded."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from analysis.samples import Floats, Samples

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_EXPLODED = 10.0
_BEYOND = b"beyond"


class NormRange:
    """From 0 to the longest feature of any model that has not exploded.

    A model has exploded where its longest feature is more than ten times that of the median
    model: one such would leave all others in a single bin. Its features count in the last bin.

    Args:
        models: Per-sample evaluations, arm by arm and model by model.

    Attributes:
        largest: The upper end.
        beyond: Images, over all models, whose features are longer.
    """

    def __init__(self, models: Iterable[Sequence[Samples]]) -> None:
        norms = [samples.norm for each in models for samples in each]
        longest = np.array([float(norm.max()) for norm in norms])
        self.largest = float(longest[longest <= _EXPLODED * np.median(longest)].max())
        self.beyond = sum(int((norm > self.largest).sum()) for norm in norms)

    def clip(self, norm: Floats) -> Floats:
        """Return norms with those beyond the range at its end."""
        clipped: Floats = np.minimum(norm, self.largest)
        return clipped

    def note(self, data: pa.Table) -> pa.Table:
        """Return a figure's data with how many images lie beyond."""
        return data.replace_schema_metadata({_BEYOND: str(self.beyond).encode()})


def label_norms(axes: Axes, data: pa.Table) -> None:
    """Label the axis of norms, with what the last bin holds besides."""
    beyond = int((data.schema.metadata or {}).get(_BEYOND, b"0"))
    axes.set_xlabel(f"‖f‖ (last bin: and {beyond:,} images beyond)" if beyond else "‖f‖")
