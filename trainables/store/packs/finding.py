"""Finds the records of trials: in their own folders first, then in packs."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from incay.trainables.store.files import Files
from incay.trainables.store.packs.shelf import FOLDER, Found, Shelf
from incay.trainables.store.places import (
    DIGITS,
    HISTORY,
    PROGRESS,
    RECORD,
    TRIALS,
    trial_folder,
    trial_path,
)
from incay.trainables.store.reading.damage import ForeignRecordError, RecordError
from incay.trainables.store.reading.door import MOST_RECORD
from incay.trainables.store.reading.uncollected import nothing_collected
from incay.trainables.store.records import TrialRecord

_Answer = TypeVar("_Answer")
_READERS = 16
_ABSENT = (0, 0, 0)
_KEPT = 2_000
"""Single records that are remembered: a run asks for each several times."""
_MANY = 1_000
"""To list a store takes less than to ask it for so many trials, most of which it may lack."""


class Finder:
    """Finds records.

    Args:
        files: The store.
        shelf: Its packs.
    """

    def __init__(self, files: Files, shelf: Shelf) -> None:
        self._files = files
        self._shelf = shelf
        self._read: dict[str, tuple[tuple[int, int, int], TrialRecord]] = {}

    def single(self, fingerprint: str) -> TrialRecord | None:
        """Return the record in a trial's own folder, None where there is none.

        Raises:
            RecordError: It is damaged, or another trial's.
        """
        path = trial_path(fingerprint, RECORD)
        written = self._written(path)
        if written == _ABSENT:
            return None
        known = self._read.get(fingerprint)
        if known is not None and known[0] == written:
            return known[1]
        content = self._files.read(path, MOST_RECORD)
        if content is None:
            return None
        record = TrialRecord.from_json(content, self._files.where(path))
        if record.fingerprint != fingerprint:
            raise RecordError(
                f"{self._files.where(path)} must be the record of trial {fingerprint}, but is "
                f"that of {record.fingerprint}"
            )
        if written is not None:
            if len(self._read) >= _KEPT:
                self._read.clear()
            self._read[fingerprint] = written, record
        return record

    def _written(self, path: str) -> tuple[int, int, int] | None:
        """Return what changes whenever a file is written; None where that is not known.

        `_ABSENT` where there is none.
        """
        if self._files.local_root is None:
            return None
        try:
            about = os.stat(f"{self._files.root}/{path}")  # noqa: PTH116 - several times a trial
        except (FileNotFoundError, NotADirectoryError):
            return _ABSENT
        except OSError:
            return None
        return about.st_ino, about.st_size, about.st_mtime_ns

    def one(self, fingerprint: str) -> Found | None:
        """Return a trial's record or what is wrong with it, None where there is none."""
        return self.find([fingerprint]).get(fingerprint)

    def find(self, fingerprints: Sequence[str]) -> dict[str, Found]:
        """Return each trial's record or what is wrong with it; none of trials without any."""
        asked = set(fingerprints)
        there, own = asked, asked
        if len(asked) > _MANY:
            there, own = self._listed(asked)
        with nothing_collected():
            found = self._singles([name for name in fingerprints if name in own])
            # In this order: a record is in a pack before it is taken from its folder.
            missing = there - found.keys()
            left = [name for name in fingerprints if name in missing]
            return found | self._packed(left, are_there=there is not asked)

    def _singles(self, fingerprints: Sequence[str]) -> dict[str, Found]:
        def find(fingerprint: str) -> Found | None:
            try:
                return self.single(fingerprint)
            except RecordError as error:
                return error

        found = self._of_each(fingerprints, find)
        pairs = zip(fingerprints, found, strict=True)
        return {name: each for name, each in pairs if each is not None}

    def _packed(self, fingerprints: Sequence[str], *, are_there: bool) -> dict[str, Found]:
        found = self._shelf.find(fingerprints)
        if not are_there:
            found = {name: each for name, each in found.items() if self._has_folder(name)}
        return found | self._lost([name for name in fingerprints if name not in found])

    def _lost(self, fingerprints: Sequence[str]) -> dict[str, Found]:
        """Return what is wrong with trials of which no file says how they ended, though they did.

        A trial's tables are written before its record, and its progress goes after that.
        """
        refused = self._shelf.refused()

        def look(fingerprint: str) -> bool | RecordError:
            try:
                return self._has_ended(fingerprint, is_in_doubt=bool(refused))
            except RecordError as error:  # no folder is where its own should be
                return error

        looked = dict(zip(fingerprints, self._of_each(fingerprints, look), strict=True))
        damaged = {name: each for name, each in looked.items() if isinstance(each, RecordError)}
        left = [name for name, has_ended in looked.items() if has_ended is True]
        if not left:
            return {**damaged}
        found = self._singles(left)  # they may have ended, and been packed, since we looked
        found |= self._shelf.find([name for name in left if name not in found])
        newer = (each for each in refused if isinstance(each, ForeignRecordError))
        problem = next(newer, refused[0] if refused else None)
        return damaged | {name: problem or self._nowhere(name) for name in left} | found

    def _has_ended(self, fingerprint: str, *, is_in_doubt: bool) -> bool:
        """Return whether a trial's folder shows that it ended, once at least.

        Args:
            fingerprint: The trial.
            is_in_doubt: Whether a pack cannot be read: then it may be in that, also where it is
                being trained again.
        """
        names = set(self._folder(fingerprint))
        has_history = any(name.startswith(f"{HISTORY}-") for name in names)
        return has_history and (is_in_doubt or PROGRESS not in names)

    def _nowhere(self, fingerprint: str) -> RecordError:
        path = self._files.where(trial_path(fingerprint, RECORD))
        return RecordError(
            f"{path} must be there, or its record in {self._files.where(FOLDER)}, because the "
            "trial has ended, but neither is: copy the results whole, with that folder"
        )

    def _of_each(self, fingerprints: Sequence[str], ask: Callable[[str], _Answer]) -> list[_Answer]:
        if self._files.local_root is not None:  # asking takes less than handing over to a thread
            return list(map(ask, fingerprints))
        with ThreadPoolExecutor(_READERS) as pool:
            return list(pool.map(ask, fingerprints))

    def _has_folder(self, fingerprint: str) -> bool:
        root = self._files.local_root
        if root is not None:
            return (root / trial_folder(fingerprint)).is_dir()
        return any(self._folder(fingerprint))

    def _folder(self, fingerprint: str) -> Iterator[str]:
        return self._files.list(trial_folder(fingerprint))

    def _listed(self, asked: set[str]) -> tuple[set[str], set[str]]:
        """Return which trials have a folder, and which of them may have a record there."""
        root = self._files.local_root
        if root is None:
            there, own = set(), set()
            for path in self._files.tree(TRIALS):
                _, _, rest = path.partition("/")
                fingerprint, _, name = rest.partition("/")
                there.add(fingerprint)
                if name == RECORD:
                    own.add(fingerprint)
            return there & asked, own & asked
        prefixes = {fingerprint[:DIGITS] for fingerprint in asked}
        there = {n for prefix in prefixes for n in self._files.list(f"{TRIALS}/{prefix}")} & asked
        packed = self._shelf.packed()
        base = f"{root}/"
        own = {
            name
            for name in there
            if name not in packed
            or os.access(base + trial_path(name, RECORD), os.F_OK, follow_symlinks=False)
        }
        return there, own
