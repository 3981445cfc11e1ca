"""The list of a run's trials: each whole thousand a piece that is written once, and the rest.

    trials.json                 the pieces, by checksum, and the trials after them: `TrialRow`
    trials-CHECKSUM.json        a thousand trials, one a line

A list of fewer is one file, as earlier versions write it. Pieces are on disk before the list names
them, and go after it does no more.
"""

from __future__ import annotations

import hashlib
import json
import operator
import re
from collections.abc import Iterable, Sequence
from itertools import islice
from typing import Any, NamedTuple, Protocol

from incay.trainables.store.files import Files
from incay.trainables.store.reading.damage import ForeignRecordError, RecordError
from incay.trainables.store.reading.door import MOST_JSON, shaped
from incay.trainables.store.reading.written import require_once, trial_rows, trial_rows_of
from incay.trainables.store.shapes import TrialRow

SIZE = 1_000
"""Trials of a piece."""
_SCHEMA = 2
"""Of a list with pieces; one without names none, so that earlier versions read it."""
_PIECES = "pieces"
_CHECKSUM = re.compile("[0-9a-f]{64}")


class Listed(Protocol):
    """A trial as the program that writes the list has it."""

    def to_row(self) -> TrialRow:
        """Return it as it is listed."""


class _Piece(NamedTuple):
    """A piece that is written.

    Attributes:
        trials: What was written: a study holds these for its length, and none is ever changed.
        checksum: Of the piece.
    """

    trials: Sequence[Listed]
    checksum: str

    def lists(self, trials: Sequence[Listed]) -> bool:
        return all(map(operator.is_, self.trials, trials))


class TrialList:
    """A list of trials.

    Args:
        files: The store.
        path: Of the list, below the root.
    """

    def __init__(self, files: Files, path: str) -> None:
        self._files = files
        self._path = path
        self._folder, _, name = path.rpartition("/")
        self._stem = name.removesuffix(".json")
        self._read: dict[str, list[TrialRow]] = {}  # by checksum: no piece ever changes
        self._written: list[_Piece] = []

    def read(self) -> list[TrialRow] | None:
        """Return the trials, None where there is no list.

        Raises:
            RecordError: The list or a piece is damaged, or of a newer schema; it names the file.
        """
        values = self._head()
        if values is None:
            return None
        try:
            return self._rows(values)
        except RecordError:
            again = self._head()  # whoever runs the study may have written it anew meanwhile
            if again is None or again == values:
                raise
            return self._rows(again)

    def write(self, trials: Iterable[Listed]) -> None:
        """Write the trials; pieces of the very trials that were written are not looked into."""
        each, count, is_other = iter(trials), 0, False
        rest = list(islice(each, SIZE))
        while len(rest) == SIZE:
            if count == len(self._written) or not self._written[count].lists(rest):
                self._written[count:] = [_Piece(rest, self._write_piece(rest))]
                is_other = True
            count += 1
            rest = list(islice(each, SIZE))
        del self._written[count:]
        values: dict[str, Any] = {"trials": [dict(vars(trial.to_row())) for trial in rest]}
        if self._written:
            pieces = [piece.checksum for piece in self._written]
            values = {"schema": _SCHEMA, _PIECES: pieces, **values}
        self._files.write_json(self._path, values)
        if is_other:
            self._remove_others()

    def mend(self) -> list[str]:
        """Put what is damaged aside, and go on with the rest; tell of each.

        Raises:
            ForeignRecordError: A newer program's.
        """
        try:
            values = self._head()
            if values is None:
                return []
            trial_rows(values, self._files.where(self._path))
            pieces = self._pieces(values)
        except ForeignRecordError:
            raise
        except RecordError as error:
            return [_told(error, self._files.put_aside(self._path))]
        told, whole = [], []
        for checksum in pieces:
            try:
                self._piece(checksum)
                whole.append(checksum)
            except RecordError as error:
                told.append(_told(error, self._files.put_aside(self._place(checksum))))
        if told:
            rest = {name: value for name, value in values.items() if name != "schema"}
            rest[_PIECES] = whole
            self._files.write_json(self._path, {"schema": _SCHEMA, **rest} if whole else rest)
        return told

    def _head(self) -> dict[str, Any] | None:
        return self._files.read_json(self._path, _SCHEMA)

    def _rows(self, values: dict[str, Any]) -> list[TrialRow]:
        where = self._files.where(self._path)
        pieces = [row for checksum in self._pieces(values) for row in self._piece(checksum)]
        rows = pieces + trial_rows(values, where)
        if pieces:  # each for itself says no trial twice
            require_once(rows, where)
        return rows

    def _pieces(self, values: dict[str, Any]) -> list[str]:
        found = values.get(_PIECES, [])
        where = self._files.where(self._path)
        pieces: list[str] = shaped(list[str], found, where)
        if not all(map(_CHECKSUM.fullmatch, pieces)):
            raise RecordError(f"{where} must name its pieces by checksum, but is damaged")
        return pieces

    def _piece(self, checksum: str) -> list[TrialRow]:
        if checksum not in self._read:
            path = self._place(checksum)
            told = "a piece of the list of trials"
            content = self._files.read_matching(path, checksum, told, most=MOST_JSON)
            self._read[checksum] = trial_rows_of(content, self._files.where(path))
        return self._read[checksum]

    def _write_piece(self, trials: Sequence[Listed]) -> str:
        lines = ",\n".join(json.dumps(dict(vars(trial.to_row()))) for trial in trials)
        content = f'{{"trials": [\n{lines}\n]}}\n'.encode()
        checksum = hashlib.sha256(content).hexdigest()
        if self._files.read(self._place(checksum), MOST_JSON) != content:
            self._files.write(self._place(checksum), content)
        return checksum

    def _remove_others(self) -> None:
        mine = {self._place(piece.checksum) for piece in self._written}
        for name in self._files.list(self._folder):
            path = f"{self._folder}/{name}"
            if re.fullmatch(rf"{self._stem}-[0-9a-f]{{16}}\.json", name) and path not in mine:
                self._files.delete(path)

    def _place(self, checksum: str) -> str:
        return f"{self._folder}/{self._stem}-{checksum[:16]}.json"


def _told(error: RecordError, aside: str) -> str:
    return f"{error}" + (f" (what was there is kept as {aside})" if aside else "")
