"""A table as it was exported: what its manifest says, beside what the store gives today."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from incay.analysis.content import Cell, Column, Formula, Mark, Published, Row, TableContent
from incay.analysis.errors import AnalysisError
from incay.analysis.exports.manifests import SUFFIX, manifest_path, read_manifest
from incay.analysis.output.keys import keys_of
from incay.analysis.tracing.lookup import build
from incay.analysis.tracing.places import TracedTable
from incay.trainables.errors import IncayError
from incay.trainables.store.naming import DIGITS, is_fingerprint
from incay.trainables.store.reading.damage import RecordError
from incay.trainables.store.reading.door import MOST_JSON, read_regular, require, shaped
from incay.trainables.store.trials import Store

_WHERE = ("row", "name", "column")
"""Of a manifest's cell, what says where it stands."""
_DECIMALS = 4
"""Of a column that the table no longer has."""


@dataclass(frozen=True, kw_only=True)
class _Written:
    """A cell as a manifest says it; earlier versions say no formula."""

    row: int
    name: str
    column: str
    value: float | None
    half_width: float | None
    no_spread: bool = False
    n: int
    text: str
    reason: str
    published: Published | None
    marks: tuple[str, ...]
    fingerprints: tuple[str, ...]
    notes: tuple[str, ...] = ()
    formula: Formula | None = None

    def cell(self) -> Cell:
        """Return it as a table holds it."""
        known = {mark.value: mark for mark in Mark}
        values = {name: value for name, value in vars(self).items() if name not in _WHERE}
        marks = frozenset(known[name] for name in self.marks if name in known)
        return Cell(**{**values, "marks": marks})


@dataclass(frozen=True, kw_only=True)
class _Manifest:
    """What of a manifest says which table it is of, and what stood there."""

    study: str
    run: str
    table: str
    cells: tuple[_Written, ...]


def read_written(path: Path, store: Store) -> TracedTable:
    """Return a table as its manifest says that it was exported.

    Args:
        path: The exported file, or the manifest beside it.
        store: The results, in which the table is built again to compare.

    Raises:
        AnalysisError: The manifest is damaged.
    """
    where = manifest_path(path)
    values = read_manifest(where)
    try:
        written = shaped(_Manifest, values, str(where))
        for each in written.cells:
            named = all(map(is_fingerprint, each.fingerprints))
            require(named, f"fingerprints of {DIGITS} digits", str(where))
    except RecordError as error:
        raise AnalysisError(str(error)) from error
    remarks = list(_altered(path, values))
    now: TracedTable | None = None
    try:
        now = build(store, written.study, written.run, written.table)
    except IncayError as error:
        remarks.append(f"the table cannot be built again: {error}")
    content = _content(written, now.content if now is not None else None)
    if now is not None:
        content = _told_again(content, now)
    return TracedTable(content, now.studies if now is not None else (), tuple(remarks), now)


def _altered(path: Path, manifest: Mapping[str, Any]) -> Iterator[str]:
    """Yield that the exported file is not as it was written, if so."""
    file = path.with_name(path.name.removesuffix(SUFFIX))
    said = manifest.get("file")
    if not isinstance(said, Mapping) or not file.is_file():
        return
    if hashlib.sha256(read_regular(file, MOST_JSON)).hexdigest() != said.get("sha256"):
        yield f"{file.name} was changed after it was exported: incay verify {file.name} names where"


def _content(written: _Manifest, now: TableContent | None) -> TableContent:
    """Return the table as it was exported; headings, order and digits are those of today."""
    known = {column.key: column for column in now.columns} if now is not None else {}
    named = dict.fromkeys(each.column for each in written.cells)
    columns = dict.fromkeys([*(key for key in known if key in named), *named])
    rows: dict[int, Row] = {}
    for each in written.cells:
        row = rows.get(each.row, Row(name=each.name, cells={}))
        rows[each.row] = replace(row, cells={**row.cells, each.column: each.cell()})
    return TableContent(
        name=written.table,
        title=now.title if now is not None else "",
        study=written.study,
        run=written.run,
        protocol=now.protocol if now is not None else "",
        columns=tuple(
            known.get(key, Column(key=key, title=key, decimals=_DECIMALS)) for key in columns
        ),
        rows=tuple(rows[index] for index in sorted(rows)),
    )


def _told_again(content: TableContent, now: TracedTable) -> TableContent:
    """Return a table whose numbers that the store gives still are told as it tells them.

    Formula and notes in a manifest are somebody's word, and earlier versions wrote no formula.
    """
    keys = keys_of(content).cells
    known = {place.key: place.cell for place in now.places}
    rows = []
    for index, row in enumerate(content.rows):
        cells = {}
        for column, cell in row.cells.items():
            same = known.get(keys.get((index, column), ""))
            cells[column] = cell if same is None else replace(same, marks=cell.marks)
        rows.append(replace(row, cells=cells))
    return replace(content, rows=tuple(rows))
