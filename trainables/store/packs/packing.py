"""Packs records: rewrites a thousand that have ended as one file, and removes theirs.

The order of steps is what keeps every record through a crash between any two: a pack is on disk,
twice, and read back, before the first of its records' own files goes. A trial that has both is read
from its own file, and loses it when records are packed again. Two machines that pack the same
trials leave two packs that say the same.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from incay.trainables.store.files import Files
from incay.trainables.store.packs.columns import FIELDS, from_parquet, to_parquet
from incay.trainables.store.packs.decode import records_of
from incay.trainables.store.packs.shelf import Shelf, digest_of, paths_of
from incay.trainables.store.places import RECORD, trial_path
from incay.trainables.store.reading.damage import RecordError
from incay.trainables.store.reading.door import CHECKSUM, MOST_RECORD, parse_object
from incay.trainables.store.records import TrialRecord

SIZE = 1_000
"""Records of a pack."""


@dataclass(frozen=True)
class _Single:
    """A record in its trial's own folder."""

    path: str
    content: bytes
    values: dict[str, Any]
    record: TrialRecord


def pack(files: Files, shelf: Shelf, fingerprints: Iterable[str]) -> int:
    """Pack the records of trials that have ended, as far as they fill packs.

    Records that are damaged, no result, or a newer program's stay as they are.

    Args:
        files: The store.
        shelf: Its packs.
        fingerprints: The trials, in the order in which they will be asked for.

    Returns:
        How many records were packed.

    Raises:
        StoreError: The store takes no more; nothing is lost.
    """
    packed = shelf.packed()
    paths = {name: trial_path(name, RECORD) for name in fingerprints}
    for fingerprint in paths.keys() & packed.keys():
        if files.exists(paths[fingerprint]):
            _remove_twice_kept(files, shelf, fingerprint, paths[fingerprint])
    left = {name: path for name, path in paths.items() if name not in packed}
    if len(left) < SIZE:  # most studies: none of their records is read for nothing
        return 0
    singles = [each for item in left.items() if (each := _single(files, *item))]
    full = range(0, len(singles) // SIZE * SIZE, SIZE)
    return sum(_write(files, shelf, singles[start : start + SIZE]) for start in full)


def mend(files: Files, shelf: Shelf) -> list[str]:
    """Write damaged and missing copies of packs anew; tell of each that was damaged.

    A pack of which no copy is whole is put aside: its trials have no result any more.
    """
    told = []
    for digest in sorted(shelf.digests()):
        whole: bytes | None = None
        problems: dict[str, RecordError] = {}
        for path in paths_of(digest):
            try:
                whole = shelf.whole(path, digest)
            except RecordError as error:
                problems[path] = error
        for path, problem in problems.items():
            if whole is None:
                aside = files.put_aside(path)
                said = f"the trials in it are trained again (it is kept as {aside})"
            else:
                is_missing = not files.exists(path)
                files.write(path, whole)
                aside, said = "" if is_missing else path, "it is written anew from its twin"
            if aside:
                told.append(f"{problem}; {said}")
    return told


def _single(files: Files, fingerprint: str, path: str) -> _Single | None:
    """Return a record that may be packed, None where there is none."""
    try:
        content = files.read(path, MOST_RECORD)
        if content is None:
            return None
        values = parse_object(content, path)
        record = TrialRecord.from_json(content, path)
    except RecordError:
        return None
    values.pop(CHECKSUM)
    may_be = record.is_final and record.fingerprint == fingerprint and values.keys() == FIELDS
    return _Single(path, content, values, record) if may_be else None


def _write(files: Files, shelf: Shelf, singles: Sequence[_Single]) -> int:
    singles = _reading_the_same(singles)
    if not singles:
        return 0
    content = to_parquet([single.values for single in singles])
    try:
        from_parquet(content, "the pack")
    except RecordError:
        return 0  # together they are more than a pack may hold
    digest = digest_of(content)
    with files.together():
        for path in paths_of(digest):
            files.write(path, content)
    for path in paths_of(digest):
        shelf.whole(path, digest)  # what no disk gives back is packed by nobody
    for single in singles:
        if files.read(single.path, MOST_RECORD) == single.content:  # nobody has trained it anew
            files.delete(single.path)
    return len(singles)


def _reading_the_same(singles: Sequence[_Single]) -> list[_Single]:
    """Return the records that read from a pack as they do from their own files."""
    try:
        table = from_parquet(to_parquet([single.values for single in singles]), "the pack")
        read = records_of(table, "the pack")
    except (pa.ArrowException, RecordError, OverflowError, ValueError, TypeError):
        if len(singles) == 1:
            return []
        return [single for each in singles for single in _reading_the_same([each])]
    return [single for single, found in zip(singles, read, strict=True) if _same(single, found)]


def _same(single: _Single, found: TrialRecord | RecordError) -> bool:
    if isinstance(found, RecordError):
        return False
    return found == single.record or found.to_json() == single.record.to_json()  # NaN is no NaN


def _remove_twice_kept(files: Files, shelf: Shelf, fingerprint: str, path: str) -> None:
    """Remove a trial's own record where a pack has the same: somebody was killed in between."""
    single, found = _single(files, fingerprint, path), shelf.find([fingerprint])[fingerprint]
    if single is not None and _same(single, found):
        files.delete(path)
