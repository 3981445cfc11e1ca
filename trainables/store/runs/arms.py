"""What drivers write that run the search of single arms: each arm's files are its driver's alone.

So drivers that run at once never write the same file, on any store::

    studies/NAME/RUN/arms/KEY/trials.json        the arm's search trials: `TrialRow`
    studies/NAME/RUN/arms/KEY/search.json        that its search has ended: `SearchEnd`
    studies/NAME/RUN/arms/KEY/lease.json, lock   who is running it now

A driver of the whole run moves their trials into its own list, and leaves the rest.
"""

from __future__ import annotations

import dataclasses
import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from incay.trainables.store.files import Files
from incay.trainables.store.reading.damage import RecordError
from incay.trainables.store.reading.door import require, shaped
from incay.trainables.store.reading.written import trial_rows
from incay.trainables.store.shapes import TrialRow

_ARMS = "arms"
_KEY_DIGITS = 16


@dataclass(frozen=True, kw_only=True)
class SearchEnd:
    """That the search of an arm has ended.

    Attributes:
        arm: The arm's name.
        code_version: Of the code by which it did.
    """

    arm: str
    code_version: str


class ArmFiles:
    """The files of a run's arms.

    Args:
        files: The store.
        run: The folder of the run's books.
    """

    def __init__(self, files: Files, run: str) -> None:
        self._files = files
        self._run = run

    def folder(self, arm: str) -> str:
        """Return an arm's folder; its name may be any text."""
        key = hashlib.sha256(arm.encode()).hexdigest()[:_KEY_DIGITS]
        return f"{self._run}/{_ARMS}/{key}"

    def folders(self) -> list[str]:
        """Return the folders of arms that drivers of their own have run."""
        there = sorted(self._files.list(f"{self._run}/{_ARMS}"))
        return [f"{self._run}/{_ARMS}/{key}" for key in there]

    def lists(self) -> list[str]:
        """Return where such drivers may have listed trials, below the run's folder."""
        return [_list_in(folder).removeprefix(f"{self._run}/") for folder in self.folders()]

    def listed(self, name: str, values: Mapping[str, Any], where: str) -> list[TrialRow]:
        """Return the trials that one of the `lists` says: no driver lists those of another arm.

        Args:
            name: The list's, below the run's folder.
            values: What it holds.
            where: Names it in errors.

        Raises:
            RecordError: It says something else.
        """
        rows = trial_rows(values, where)
        for row in rows:
            is_own = (
                row.phase == "search" and _list_in(self.folder(row.arm)) == f"{self._run}/{name}"
            )
            require(is_own, "only search trials of the arm that the folder is of", where)
        return rows

    def write_trials(self, arm: str, rows: Iterable[TrialRow]) -> None:
        """Write the trials of an arm's search."""
        values = {"trials": [dict(vars(row)) for row in rows]}
        self._files.write_json(_list_in(self.folder(arm)), values)

    def drop_trials(self) -> None:
        """Remove the lists, once the whole run's has what they say."""
        for folder in self.folders():
            self._files.delete(_list_in(folder))

    def search_end(self, arm: str) -> SearchEnd | None:
        """Return that an arm's search has ended; None where it has not, or nobody can say."""
        path = _end_in(self.folder(arm))
        try:
            values = self._files.read_json(path)
            found = None if values is None else shaped(SearchEnd, values, self._files.where(path))
        except RecordError:
            return None  # the search itself says whether it has ended
        return found if found is not None and found.arm == arm else None

    def note_search_end(self, end: SearchEnd) -> None:
        """Write that an arm's search has ended."""
        self._files.write_json(_end_in(self.folder(end.arm)), dataclasses.asdict(end))

    def forget_search_end(self, arm: str) -> None:
        """Write that an arm's search has not ended."""
        self._files.delete(_end_in(self.folder(arm)))


def _list_in(folder: str) -> str:
    return f"{folder}/trials.json"


def _end_in(folder: str) -> str:
    return f"{folder}/search.json"
