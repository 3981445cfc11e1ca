"""From an exported file to its tables: by the manifest beside it, or by the keys that it holds.

A manifest says what was exported, so that it leads to the trials even where the table is another
one by now. A file that has lost its manifest still has keys, and so has a PDF that our LaTeX went
into: they lead to the tables of the store.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from incay.analysis.errors import AnalysisError
from incay.analysis.exports.manifests import SUFFIX, manifest_path
from incay.analysis.output.keys import PATTERN
from incay.analysis.tracing.lookup import tables_of
from incay.analysis.tracing.places import Place, TracedTable
from incay.analysis.tracing.written import read_written
from incay.trainables.errors import system_said
from incay.trainables.store.reading.damage import RecordError
from incay.trainables.store.reading.door import MOST_JSON, read_regular
from incay.trainables.store.trials import Store

_KEY = re.compile(rf"(?<![\w-]){PATTERN}(?![\w-])")
_IN_PDF = re.compile(rf"\bincay:({PATTERN})(?![\w-])")
_STREAM = re.compile(rb"stream\r?\n(.*?)endstream", re.DOTALL)
_MOST_UNPACKED = 512 * 2**20
"""Bytes of a PDF's streams that are looked through."""


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
    try:
        if path.is_dir():
            raise RecordError("that is a folder")
        keys = None if manifest_path(path).is_file() else keys_in(path)
    except (OSError, RecordError) as error:
        raise AnalysisError(
            f"{path} must be a file that --output wrote, or a PDF of one, but: {system_said(error)}"
        ) from error
    if keys is None:
        return Exported((read_written(path, store),), None, path.name)
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
