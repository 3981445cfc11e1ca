"""A figure with its data: drawn when it is saved or shown."""

from __future__ import annotations

import io
import re
import warnings
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from incay.analysis.errors import AnalysisError
from incay.analysis.figures.base import FigureDefinition
from incay.analysis.output.renderers.csv import cell_text
from incay.trainables.written import write_named

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure as Canvas

_IMAGES = ("pdf", "svg", "png")
_DATA = ("csv", "arrow", "parquet")
_LACKING = re.compile(r"Glyph (\d+) ")
"""How Matplotlib begins to say that a font has no such letter."""

STYLE: Any = {
    "font.family": "sans-serif",
    "font.size": 8,
    "axes.titlesize": 9,
    "axes.labelsize": 8,
    "legend.fontsize": 7,
    "legend.frameon": False,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "grid.color": "#e4e4e4",
    "grid.linewidth": 0.6,
    "axes.axisbelow": True,
    "lines.linewidth": 1.4,
    "lines.markersize": 4,
    "figure.constrained_layout.use": True,
    "svg.fonttype": "none",
    "pdf.fonttype": 42,
}


@dataclass(frozen=True, kw_only=True)
class Figure:
    """A figure of a study.

    Attributes:
        name: Name of its definition.
        definition: How it is drawn.
        study: The study's name.
        run: The study's run.
        protocol: One sentence on how the numbers came about.
        data: Exactly what is drawn.
    """

    name: str
    definition: FigureDefinition = field(repr=False)
    study: str
    run: str
    protocol: str
    data: pa.Table = field(repr=False)

    @property
    def heading(self) -> str:
        """Title, and the paper's figure that it answers."""
        source = f" ({self.definition.source})" if self.definition.source else ""
        return f"{self.definition.title}{source}"

    @property
    def caption(self) -> str:
        """Heading and protocol."""
        return f"{self.heading}. {self.protocol}"

    def draw(self) -> Canvas:
        """Return the drawn figure, to be changed or saved by the caller."""
        from matplotlib import rc_context
        from matplotlib.figure import Figure as Canvas

        with rc_context(STYLE):
            canvas = Canvas(figsize=self.definition.size)
            self.definition.draw(self.data, canvas)
        return canvas

    def render(self, format: str) -> bytes:
        """Return the figure, or its data; the same data give the same bytes.

        Args:
            format: ``pdf``, ``svg`` or ``png``; ``csv``, ``arrow`` or ``parquet`` for the data.

        Raises:
            AnalysisError: There is no such format.
        """
        if format in _DATA:
            return _write_data(self.data, format)
        if format == "svg":
            return self._svg
        if format not in _IMAGES:
            known = ", ".join((*_IMAGES, *_DATA))
            raise AnalysisError(f"figure format must be one of {known}, but got {format!r}")
        return self._draw_as(format)

    @cached_property
    def _svg(self) -> bytes:
        # Kept: a report and the file beside it show the same drawing.
        return self._draw_as("svg")

    def _draw_as(self, format: str) -> bytes:
        from matplotlib import rc_context

        file = io.BytesIO()
        dates: Any = {"pdf": {"CreationDate": None}, "svg": {"Date": None}}
        with (
            rc_context({**STYLE, "svg.hashsalt": self.name}),
            warnings.catch_warnings(record=True) as told,
        ):
            warnings.simplefilter("always")
            self.draw().savefig(file, format=format, dpi=200, metadata=dates.get(format))
        codes = {int(found[1]) for each in told if (found := _LACKING.match(str(each.message)))}
        if codes and format != "svg":  # which holds text, for the fonts of whoever looks at it
            signs = " ".join(map(chr, sorted(codes)))
            warnings.warn(
                f"the font must have every letter of a {format}, but lacks {signs}: boxes stand "
                "for them; an svg has them all",
                stacklevel=2,
            )
        return file.getvalue()

    def save(self, path: str | Path) -> Path:
        """Write the figure or its data in the format that the path's suffix names."""
        path = Path(path)
        write_named(path, self.render(path.suffix.removeprefix(".")))
        return path

    def to_arrow(self) -> pa.Table:
        """Return the data."""
        return self.data

    def to_pandas(self) -> pd.DataFrame:
        """Return the data as a data frame."""
        frame: pd.DataFrame = self.data.to_pandas()
        return frame

    def _repr_svg_(self) -> str:
        return self.render("svg").decode()


def _write_data(data: pa.Table, format: str) -> bytes:
    sink = pa.BufferOutputStream()
    if format == "csv":
        from pyarrow import csv

        csv.write_csv(_as_cells(data), sink)
    elif format == "arrow":
        with pa.ipc.new_file(sink, data.schema) as writer:
            writer.write_table(data)
    else:
        from pyarrow import parquet

        parquet.write_table(data, sink)
    content: bytes = sink.getvalue().to_pybytes()
    return content


def _as_cells(data: pa.Table) -> pa.Table:
    """Return data whose texts no spreadsheet computes."""
    for place, column in enumerate(data.schema):
        if pa.types.is_string(column.type):
            cells = pa.array(map(cell_text, data.column(place).to_pylist()), pa.string())
            data = data.set_column(place, column, cells)
    return data
