"""The papers' own numbers, with where they stand.

One TOML file of `analysis/papers/published/` holds one table of one paper, in the paper's
orientation. The papers disagree on some cells; each keeps its own.
"""

from __future__ import annotations

import math
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cache
from importlib.resources import files
from typing import Any

from incay.analysis.content import Published
from incay.analysis.errors import AnalysisError
from incay.trainables.metrics import NORM


@dataclass(frozen=True, kw_only=True)
class PublishedLine:
    """A row or column of a published table.

    Attributes:
        key: Its name, by which arms are matched.
        heading: As printed.
        quantity: What its cells hold, where that is a matter of this line.
        cited: The paper it is cited from, else empty.
        tolerance: See `PublishedTable.tolerances`, where it is a matter of this line.
        network: See `PublishedTable.network`, where it is a matter of this line.
        steps: See `PublishedTable.steps`, likewise.
    """

    key: str
    heading: str
    quantity: str = ""
    cited: str = ""
    tolerance: float | None = None
    network: str = ""
    steps: int | None = None


@dataclass(frozen=True, kw_only=True)
class PublishedTable:
    """One table of a paper.

    Attributes:
        paper: ``A`` or ``B``.
        number: The table's number there.
        title: Its caption, in our words.
        section: The section it belongs to.
        rows: In the paper's order.
        columns: In the paper's order.
        remarks: What a reader must know of it.
        values: By row key and column key; cells that the paper leaves out are absent.
        tolerances: By quantity, how far a measured mean may lie from a published number and
            still reproduce it; a share of the published value for ``norm``, else points.
        default_quantity: What cells hold where neither row nor column says so.
        flipped: Whether rows here are columns in the paper.
        dataset: On which data set it was measured, where that is one.
        dataset_names: What that data set is called in configurations.
        network: What its network is called in configurations.
        steps: For how many optimiser steps; the L-Softmax authors' published settings, which the
            papers follow, where those do not say.
        learning_rate: From which learning rate on, None where it was varied or nothing was trained.
    """

    paper: str
    number: str
    title: str
    section: str
    rows: tuple[PublishedLine, ...]
    columns: tuple[PublishedLine, ...]
    remarks: tuple[str, ...]
    values: Mapping[tuple[str, str], float | str]
    tolerances: Mapping[str, float]
    default_quantity: str
    flipped: bool = False
    dataset: str = ""
    dataset_names: tuple[str, ...] = ()
    network: str = ""
    steps: int | None = None
    learning_rate: float | None = None

    def cell(self, row: str, column: str) -> Published | None:
        """Return a cell, None where the paper has none."""
        value = self.values.get((row, column))
        if value is None:
            return None
        lines = (self.column(column), self.row(row))
        its_row, its_column = lines if self.flipped else lines[::-1]
        return Published(
            value=value,
            paper=self.paper,
            table=self.number,
            row=its_row.heading,
            column=its_column.heading,
            cited=its_row.cited,
        )

    def transposed(self) -> PublishedTable:
        """Return the same table with rows for columns; sources stay as they are."""
        values = {(column, row): value for (row, column), value in self.values.items()}
        return replace(
            self,
            rows=self.columns,
            columns=self.rows,
            values=values,
            flipped=not self.flipped,
        )

    def cells(self) -> Iterator[tuple[Published, str]]:
        """Yield every cell with its quantity."""
        for row, column in self.values:
            published = self.cell(row, column)
            if published is not None:
                yield published, self.quantity(row, column)

    def quantity(self, row: str, column: str) -> str:
        """Return what a cell holds: ``accuracy``, ``error``, ``norm``, ``count``, ``text``."""
        return self.row(row).quantity or self.column(column).quantity or self.default_quantity

    def tolerance(self, row: str, column: str) -> float | None:
        """Return how far a mean may lie from a cell and still reproduce it, in its unit."""
        value = self.values.get((row, column))
        if not isinstance(value, int | float):
            return None
        quantity = self.quantity(row, column)
        own = self.row(row).tolerance or self.column(column).tolerance
        allowed = self.tolerances.get(quantity) if own is None else own
        return allowed * value if allowed is not None and quantity == NORM.name else allowed

    def row(self, key: str) -> PublishedLine:
        """Return a row by key."""
        return next(line for line in self.rows if line.key == key)

    def column(self, key: str) -> PublishedLine:
        """Return a column by key."""
        return next(line for line in self.columns if line.key == key)


@cache
def published_table(name: str) -> PublishedTable:
    """Return a published table, such as ``a-table-2``.

    Raises:
        AnalysisError: There is none of that name.
    """
    if name not in published_tables():
        raise AnalysisError(
            f"published table must be one of {', '.join(published_tables())}, but got {name!r}"
        )
    return _parse(tomllib.loads((_folder() / f"{name}.toml").read_text(encoding="utf-8")))


@cache
def published_tables() -> tuple[str, ...]:
    """Return the names of all published tables."""
    names = (item.name for item in _folder().iterdir())
    return tuple(sorted(name.removesuffix(".toml") for name in names if name.endswith(".toml")))


def _folder() -> Any:
    return files("incay.analysis.papers") / "published"


def _parse(document: Mapping[str, Any]) -> PublishedTable:
    rows, columns = document["rows"], document["columns"]
    values = {
        (row["key"], column): "NAN" if isinstance(value, float) and math.isnan(value) else value
        for row in rows
        for column, value in row["values"].items()
    }
    return PublishedTable(
        paper=document["paper"],
        number=document["table"],
        title=document["title"],
        section=document["section"],
        rows=tuple(_line(row) for row in rows),
        columns=tuple(_line(column) for column in columns),
        remarks=tuple(document.get("remarks", ())),
        values=values,
        tolerances=document.get("tolerance", {}),
        default_quantity=document.get("quantity", ""),
        dataset=document.get("dataset", ""),
        dataset_names=tuple(document.get("dataset_names", ())),
        network=document.get("network", ""),
        steps=document.get("steps"),
        learning_rate=document.get("learning_rate"),
    )


def _line(entry: Mapping[str, Any]) -> PublishedLine:
    return PublishedLine(
        key=entry["key"],
        heading=entry.get("heading", entry["key"]),
        quantity=entry.get("quantity", ""),
        cited=entry.get("cited", ""),
        tolerance=entry.get("tolerance"),
        network=entry.get("network", ""),
        steps=entry.get("steps"),
    )
