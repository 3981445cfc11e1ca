"""Tables as users get them: what they hold, with ways to read it and to show it.

Renderers know `TableContent` alone, which lies below; so a table may call them by itself.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from incay.analysis.content import TableContent

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa


@dataclass(frozen=True, kw_only=True)
class Table(TableContent):
    """A table: see `TableContent` for what it holds."""

    def to_arrow(self) -> pa.Table:
        """Return one row per table row: values, half-widths, n and published numbers."""
        from incay.analysis.output.flat import flat_table

        return flat_table(self)

    def to_pandas(self) -> pd.DataFrame:
        """Return `to_arrow` as a data frame."""
        frame: pd.DataFrame = self.to_arrow().to_pandas()
        return frame

    def __str__(self) -> str:
        from incay.analysis.output.renderers.base import render

        return render(self, "terminal")

    def _repr_html_(self) -> str:
        from incay.analysis.output.renderers.html import figure_html

        return figure_html(self)
