"""The packs of a store: each file twice, named by its checksum, written once and never changed.

    packs/SHA256.parquet        some thousand records, each of a trial that has ended
    packs/SHA256.twin.parquet   the same: one flipped bit must not cost a thousand trials

A trial's own record, where there is one, goes before what a pack says of it: it may have been
trained anew since. A pack counts for a trial as long as the trial's folder is there: whoever
removes that has the trial trained again, be its record packed or not.
"""

from __future__ import annotations

import hashlib
import re
import threading
from collections import OrderedDict
from collections.abc import Sequence

import pyarrow as pa

from incay.trainables.store.files import Files
from incay.trainables.store.packs.columns import NAME, fingerprints_in, from_parquet
from incay.trainables.store.packs.decode import records_of
from incay.trainables.store.reading.damage import RecordError
from incay.trainables.store.reading.parquet import FREE as MOST_FILE
from incay.trainables.store.records import TrialRecord

FOLDER = "packs"
_NAME = re.compile(r"([0-9a-f]{64})(\.twin)?\.parquet")
_DECODED = 16
"""Packs whose records are kept: a run asks for each trial several times, in nearly their order."""

Found = TrialRecord | RecordError


class Shelf:
    """The packs of a store, for reading.

    Args:
        files: The store.
    """

    def __init__(self, files: Files) -> None:
        self._files = files
        self._pack_of: dict[str, str] = {}  # by fingerprint
        self._known: set[str] = set()
        self._refused: dict[str, RecordError] = {}
        self._decoded: OrderedDict[str, dict[str, Found]] = OrderedDict()
        self._lock = threading.RLock()

    def packed(self) -> dict[str, str]:
        """Return which pack has which trial's record, as of now."""
        with self._lock:
            there = self.digests()
            if there != self._known:
                self._look_into(there)
            return self._pack_of

    def digests(self) -> set[str]:
        """Return the checksums that the packs are named by."""
        found = (_NAME.fullmatch(name) for name in self._files.list(FOLDER))
        return {match[1] for match in found if match}

    def refused(self) -> list[RecordError]:
        """Return what is wrong with packs of which no copy can be read, as of the last look."""
        return list(self._refused.values())

    def find(self, fingerprints: Sequence[str]) -> dict[str, Found]:
        """Return the packed records of trials, or what is wrong with them, as of now.

        Trials that no pack names are left out.
        """
        with self._lock:
            packed = self._pack_of  # what was in a pack stays in it
            if any(name not in packed for name in fingerprints):
                packed = self.packed()
            by_pack: dict[str, list[str]] = {}
            for fingerprint in fingerprints:
                if fingerprint in packed:
                    by_pack.setdefault(packed[fingerprint], []).append(fingerprint)
            found: dict[str, Found] = {}
            for digest, asked in by_pack.items():
                records = self._records(digest)
                found |= {name: records[name] for name in asked}
            return found

    def content(self, digest: str) -> bytes:
        """Return a pack's content, from whichever copy is whole.

        Raises:
            RecordError: None is, or there is none; it names the file.
        """
        problem = None
        for path in paths_of(digest):
            try:
                return self.whole(path, digest)
            except RecordError as error:
                problem = problem or error
        assert problem is not None
        raise problem

    def whole(self, path: str, digest: str) -> bytes:
        """Return the content of one copy of a pack.

        Raises:
            RecordError: It is missing, or does not match its name.
        """
        by = "the checksum in its name"
        return self._files.read_matching(path, digest, "a pack of records", by, MOST_FILE)

    def _look_into(self, there: set[str]) -> None:
        """Learn which trials the packs name; two machines may have packed a trial twice."""
        self._pack_of, self._refused = {}, {}
        for digest in sorted(there):
            try:
                names = fingerprints_in(self.content(digest), self._where(digest))
            except RecordError as error:
                self._refused[digest] = error
                continue
            for name in names:
                self._pack_of.setdefault(name, digest)
        self._known = there

    def _records(self, digest: str) -> dict[str, Found]:
        """Return all records of a pack that was looked into."""
        if digest not in self._decoded:
            where = self._where(digest)
            try:
                table: pa.Table = from_parquet(self.content(digest), where)
            except RecordError as error:
                names = [name for name, pack in self._pack_of.items() if pack == digest]
                return dict.fromkeys(names, error)  # it was damaged since
            names = table.column(NAME).to_pylist()
            self._decoded[digest] = dict(zip(names, records_of(table, where), strict=True))
            while len(self._decoded) > _DECODED:
                self._decoded.popitem(last=False)
        return self._decoded[digest]

    def _where(self, digest: str) -> str:
        return self._files.where(paths_of(digest)[0])


def paths_of(digest: str) -> tuple[str, str]:
    """Return where the two copies of a pack lie, below the root."""
    return f"{FOLDER}/{digest}.parquet", f"{FOLDER}/{digest}.twin.parquet"


def digest_of(content: bytes) -> str:
    """Return the checksum that a pack is named by."""
    return hashlib.sha256(content).hexdigest()
