"""The store: results by fingerprint on any `pyarrow.fs` file system. It is the truth.

Layout under the root::

    trials/ab/abcdef…/record.json      how the trial ended; written last, until it is packed
    trials/ab/abcdef…/history-….parquet   metrics by report
    trials/ab/abcdef…/samples-….parquet   label, prediction, loss, norm of each evaluated image
    trials/ab/abcdef…/pairs-….parquet     score of each pair, of a test by pairs
    trials/ab/abcdef…/features-….parquet  features of the images in pairs, in the pairs' order
    trials/ab/abcdef…/weights-….parquet   histogram of each layer's weights, before and after
    trials/ab/abcdef…/progress.json    reports so far, while the trial runs
    trials/ab/abcdef…/checkpoint.pt    where it can go on from, while it runs
    trials/ab/abcdef…/model.pt         what it trained, for the best few of a study
    packs/…                            a thousand records each: see `incay.trainables.store.packs`
    code/…, studies/…                  see `incay.trainables.store.books`

A table's name holds its checksum, so that two studies that happen to train the same trial at once
never leave the record of one with the tables of the other.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from incay.trainables.store.files import Files
from incay.trainables.store.packs.finding import Finder
from incay.trainables.store.packs.packing import mend, pack
from incay.trainables.store.packs.shelf import Shelf
from incay.trainables.store.places import DIGITS, HISTORY, PROGRESS, RECORD, TRIALS, trial_path
from incay.trainables.store.reading.damage import ForeignRecordError, RecordError
from incay.trainables.store.reading.door import MOST_TABLE
from incay.trainables.store.reading.tables import read_table
from incay.trainables.store.reading.written import trial_progress
from incay.trainables.store.records import TrialRecord, history_table
from incay.trainables.store.shapes import Progress


class TrialFiles:
    """One file of each trial, with its checksum first.

    Args:
        files: Where they lie.
        name: The file's name.
    """

    def __init__(self, files: Files, name: str) -> None:
        self._files = files
        self._name = name

    def write(self, fingerprint: str, content: bytes) -> None:
        """Keep a trial's file."""
        self._files.write_checked(self._path(fingerprint), content)

    def read(self, fingerprint: str) -> bytes | None:
        """Return a trial's file, None if there is none.

        Raises:
            RecordError: It does not match its checksum.
        """
        return self._files.read_checked(self._path(fingerprint))

    def exists(self, fingerprint: str) -> bool:
        """Return whether there is a trial's file."""
        return self._files.exists(self._path(fingerprint))

    def delete(self, fingerprint: str) -> None:
        """Remove a trial's file, if there is one."""
        self._files.delete(self._path(fingerprint))

    def _path(self, fingerprint: str) -> str:
        return trial_path(fingerprint, self._name)


class Store(Files):
    """Records, checkpoints and trained networks of trials, and the files of studies' books.

    Attributes:
        checkpoints: Where trials can go on from, while they run.
        models: What trials have trained, of those that a study keeps.
    """

    def __init__(self, uri: str | Path) -> None:
        super().__init__(uri)
        self.checkpoints = TrialFiles(self, "checkpoint.pt")
        self.models = TrialFiles(self, "model.pt")
        self._shelf = Shelf(self)
        self._finder = Finder(self, self._shelf)

    def fingerprints(self, prefix: str = "") -> Iterator[str]:
        """Yield what trials are filed under, of those that begin with a prefix."""
        known = len(prefix) >= DIGITS
        for folder in (prefix[:DIGITS],) if known else self.list(TRIALS):
            for name in self.list(f"{TRIALS}/{folder}"):
                if name.startswith(prefix):
                    yield name

    def read_record(self, fingerprint: str) -> TrialRecord | None:
        """Return a trial's record, or None where there is none.

        Raises:
            RecordError: The record is damaged, or another trial's.
        """
        found = self._finder.one(fingerprint)
        if isinstance(found, RecordError):
            raise found
        return found

    def find_records(self, fingerprints: Sequence[str]) -> list[TrialRecord | RecordError | None]:
        """Return each trial's record, what is wrong with it, or None where there is none."""
        found = self._finder.find(fingerprints)
        return [found.get(fingerprint) for fingerprint in fingerprints]

    def pack(self, fingerprints: Iterable[str]) -> int:
        """Pack the records of trials that have ended; see `incay.trainables.store.packs.packing`.

        Returns:
            How many were packed.
        """
        return pack(self, self._shelf, fingerprints)

    def mend_packs(self) -> list[str]:
        """Write damaged copies of packs anew, and tell of each."""
        return mend(self, self._shelf)

    def write_record(
        self,
        record: TrialRecord,
        history: Sequence[Mapping[str, float]],
        tables: Mapping[str, pa.Table] | None = None,
    ) -> TrialRecord:
        """Write a trial's tables and then its record; return the record with its checksums.

        Args:
            record: The record, without its checksums.
            history: Metrics by report.
            tables: Other tables, by the name of the file without its suffix.

        Raises:
            ForeignRecordError: The trial has a record that a newer program has written.
        """
        before = self._replaced(record.fingerprint)
        checksums = {}
        with self.together():
            for name, table in {HISTORY: history_table(history), **(tables or {})}.items():
                sink = pa.BufferOutputStream()
                pq.write_table(table, sink, compression="zstd")
                content = sink.getvalue().to_pybytes()
                checksum = hashlib.sha256(content).hexdigest()
                self.write(self._table(record.fingerprint, f"{name}.parquet", checksum), content)
                checksums[f"{name}.parquet"] = checksum
            values = {**record.__dict__, "files": checksums}
            written = TrialRecord(**values)
            self.write(trial_path(record.fingerprint, RECORD), written.to_json().encode())
        self.delete(trial_path(record.fingerprint, PROGRESS))
        written_tables = {self._table(record.fingerprint, *item) for item in checksums.items()}
        for path in before - written_tables:
            self.delete(path)
        return written

    def read_table(self, record: TrialRecord, name: str) -> pa.Table | None:
        """Return ``history.parquet`` or another table of a record, None if it has none.

        Raises:
            RecordError: The file is missing, does not match the record's checksum, or holds what
                no trial writes.
        """
        if name not in record.files:
            return None
        content = self._checked_table(record, name)
        where = self.where(self._table(record.fingerprint, name, record.files[name]))
        return read_table(name.removesuffix(".parquet"), content, where)

    def history(self, record: TrialRecord) -> list[dict[str, Any]]:
        """Return the reports of a record, none where it has none.

        Raises:
            RecordError: The file is missing or does not match the record's checksum.
        """
        table = self.read_table(record, f"{HISTORY}.parquet")
        reports: list[dict[str, Any]] = [] if table is None else table.to_pylist()
        return reports

    def check_tables(self, record: TrialRecord) -> None:
        """Compare every table of a record with its checksum.

        Raises:
            RecordError: A file is missing or does not match.
        """
        for name in record.files:
            self._checked_table(record, name)

    def _checked_table(self, record: TrialRecord, name: str) -> bytes:
        path = self._table(record.fingerprint, name, record.files[name])
        by = "its record's checksum"
        return self.read_matching(path, record.files[name], by=by, most=MOST_TABLE)

    def write_progress(self, fingerprint: str, progress: Progress) -> None:
        """Keep what a running trial has reached, for whoever watches or ends it."""
        content = json.dumps(progress.to_dict()).encode()
        with self.together(durable=False):  # its checkpoint is what a trial goes on from
            self.write(trial_path(fingerprint, PROGRESS), content)

    def read_progress(self, fingerprint: str) -> Progress | None:
        """Return what a running trial has reached, None if nothing is known."""
        try:
            values = self.read_json(trial_path(fingerprint, PROGRESS))
            where = self.where(trial_path(fingerprint, PROGRESS))
            return None if values is None else trial_progress(values, where)
        except RecordError:
            return None  # it says how far a trial is, nothing that could be lost

    def _replaced(self, fingerprint: str) -> set[str]:
        """Return the tables of a record that is no result; somebody may be reading one that is."""
        try:
            record = self.read_record(fingerprint)
            if record is None or record.is_final:
                return set()
            return {self._table(fingerprint, *item) for item in record.files.items()}
        except ForeignRecordError:
            raise
        except RecordError:
            return set()

    def _table(self, fingerprint: str, name: str, checksum: str) -> str:
        # Whoever wrote the record may have meant another file than a table of this trial.
        if not re.fullmatch(r"\w+\.parquet", name) or not re.fullmatch("[0-9a-f]{64}", checksum):
            where = self.where(trial_path(fingerprint, RECORD))
            raise RecordError(f"{where} must name tables and their SHA-256, but names {name!r}")
        return trial_path(fingerprint, f"{name.removesuffix('.parquet')}-{checksum[:16]}.parquet")
