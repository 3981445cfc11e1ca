"""The range of norms that a figure shows, also where a model's features have exploded."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from incay.analysis.results.samples import Floats, Samples

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_EXPLODED = 10.0
_BEYOND = b"beyond"


class NormRange:
    """From 0 to the longest feature of any model that has not exploded.

    A model has exploded where its longest feature is more than ten times that of the median
    model: one such would leave all others in a single bin. Its features count in the last bin.

    Args:
        models: Per-sample evaluations of each arm's models, by the arm's name.

    Attributes:
        largest: The upper end.
    """

    def __init__(self, models: Mapping[str, Sequence[Samples]]) -> None:
        longest = np.array([samples.norm.max() for each in models.values() for samples in each])
        self.largest = float(longest[longest <= _EXPLODED * np.median(longest)].max())
        self._beyond = {
            name: sum(int((samples.norm > self.largest).sum()) for samples in each)
            for name, each in models.items()
        }

    def clip(self, norm: Floats) -> Floats:
        """Return norms with those beyond the range at its end."""
        clipped: Floats = np.minimum(norm, self.largest)
        return clipped

    def note(self, data: pa.Table) -> pa.Table:
        """Return a figure's data with how many of each arm's images lie beyond."""
        beyond = {name: count for name, count in self._beyond.items() if count}
        return data.replace_schema_metadata({_BEYOND: json.dumps(beyond).encode()})


def label_norms(axes: Axes, data: pa.Table, arm: str | None = None) -> None:
    """Label the axis of norms, with what the last bin holds besides, of one arm or of all."""
    beyond = json.loads((data.schema.metadata or {}).get(_BEYOND, b"{}"))
    told = {name: count for name, count in beyond.items() if arm in (None, name)}
    note = "; ".join(
        f"{count:,} images beyond" if arm else f"{count:,} images of {name} beyond"
        for name, count in told.items()
    )
    axes.set_xlabel(f"‖f‖ (last bin: and {note})" if note else "‖f‖")
