"""From an exported file to its tables: by the manifest beside it, or by the keys that it holds.

A manifest says what was exported, so that it leads to the trials even where the table is another
one by now. A file that has lost its manifest still has keys, and so has a PDF that our LaTeX went
into: they lead to the tables of the store.
"""

from __future__ import annotations

import hashlib
import re
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from incay.analysis.content import Cell, Column, Formula, Mark, Published, Row, TableContent
from incay.analysis.errors import AnalysisError
from incay.analysis.exports.manifests import SUFFIX, manifest_path, read_manifest
from incay.analysis.output.keys import PATTERN
from incay.analysis.tracing.lookup import build, tables_of
from incay.analysis.tracing.places import Place, TracedTable
from incay.trainables.errors import IncayError
from incay.trainables.store.damage import RecordError
from incay.trainables.store.door import MOST_JSON, read_regular, require, shaped
from incay.trainables.store.naming import DIGITS, is_fingerprint
from incay.trainables.store.trials import Store

_KEY = re.compile(rf"(?<![\w-]){PATTERN}(?![\w-])")
_IN_PDF = re.compile(rf"\bincay:({PATTERN})(?![\w-])")
_STREAM = re.compile(rb"stream\r?\n(.*?)endstream", re.DOTALL)
_MOST_UNPACKED = 512 * 2**20
"""Bytes of a PDF's streams that are looked through."""
_DECIMALS = 4
"""Of a column that the table no longer has."""


@dataclass(frozen=True)
class Exported:
    """What an exported file leads to.

    Attributes:
        tables: Its tables; at least one.
        keys: The keys in the file, where they alone led here; None beside a manifest.
        name: The file's name.
    """

    tables: tuple[TracedTable, ...]
    keys: frozenset[str] | None
    name: str

    def remarks(self, place: Place) -> tuple[str, ...]:
        """Return what is to be said of one of its numbers, besides what its table says."""
        if self.keys is None or {place.key, place.table.keys.table} & self.keys:
            return ()
        return (
            f"{self.name} does not hold this key: the number, or its table, has changed since the "
            "file was written",
        )


def open_exported(path: Path, store: Store) -> Exported:
    """Return the tables of an exported file.

    Raises:
        AnalysisError: There is no such file, its manifest is damaged, or it holds no key of a
            number that the store has.
    """
    if manifest_path(path).is_file():
        return Exported((_from_manifest(path, store),), None, path.name)
    try:
        keys = keys_in(path)
    except (OSError, RecordError) as error:
        raise AnalysisError(
            f"{path} must be a file that --output wrote, or a PDF of one, but: {error}"
        ) from error
    tables = tables_of(store, keys)
    if not tables:
        holds = f"its {len(keys)} keys are of none" if keys else "it holds no key"
        raise AnalysisError(
            f"{path} has no {SUFFIX} beside it, so that it must hold a key of a table in "
            f"{store.where('')}, but {holds}"
        )
    return Exported(tuple(tables), frozenset(keys), path.name)


def keys_in(path: Path) -> list[str]:
    """Return the keys in a file, each once, in their order.

    Raises:
        RecordError: It is no regular file, or a huge one.
        OSError: It cannot be read.
    """
    content = read_regular(path, MOST_JSON)
    if not content.startswith(b"%PDF"):
        return list(dict.fromkeys(_KEY.findall(content.decode("utf-8", "replace"))))
    texts = (part.decode("latin-1") for part in _parts(content))
    return list(dict.fromkeys(key for text in texts for key in _IN_PDF.findall(text)))


def _parts(pdf: bytes) -> Iterator[bytes]:
    """Yield a PDF's bytes and those of its packed streams, where names of destinations lie."""
    yield pdf
    left = _MOST_UNPACKED
    for match in _STREAM.finditer(pdf):
        try:
            part = zlib.decompressobj().decompress(match[1], left)
        except zlib.error:
            continue  # a stream that is not packed, or packed otherwise: a picture
        left -= len(part)
        yield part
        if left <= 0:
            return


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


_WHERE = ("row", "name", "column")


@dataclass(frozen=True, kw_only=True)
class _Manifest:
    """What of a manifest says which table it is of, and what stood there."""

    study: str
    run: str
    table: str
    cells: tuple[_Written, ...]


def _from_manifest(path: Path, store: Store) -> TracedTable:
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
    """Return the table as it was exported; headings and digits are those of today."""
    known = {column.key: column for column in now.columns} if now is not None else {}
    columns = dict.fromkeys(each.column for each in written.cells)
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
