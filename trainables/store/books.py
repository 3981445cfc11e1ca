"""The books of studies: what was asked for, which trials belong to it, what was decided.

Every path and JSON shape below ``studies/`` is written and read here::

    studies/NAME/latest.json          the study's latest run
    studies/NAME/RUN/study.json       what was asked for: `StudyBook`
    studies/NAME/RUN/trials.json, -…  which belong to it: `incay.trainables.store.runs.trial_list`
    studies/NAME/RUN/freeze.json      winners of a search, hashed: `Frozen`
    studies/NAME/RUN/looks.json       when its test results could be seen: `Look`
    studies/NAME/RUN/models.json      whose trained networks the study keeps
    studies/NAME/RUN/lease.json, lock who is running it now: `incay.trainables.store.runs.leases`
    studies/NAME/RUN/arms/            of drivers of single arms: `incay.trainables.store.runs.arms`

They can always be written again from the study file and the records: losing them loses no result.
RUN is a hash of the resolved study document, so that ``--set steps=300`` and the full study have
books of their own while they share every trial that is the same.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Mapping, Set
from functools import partial
from typing import Any, TypeVar

from incay.trainables.store.files import Files
from incay.trainables.store.kept import KeptModel
from incay.trainables.store.places import latest_path, study_folder
from incay.trainables.store.reading.damage import ForeignRecordError, RecordError
from incay.trainables.store.reading.written import (
    frozen_winners,
    kept_models,
    noted_looks,
    study_book,
)
from incay.trainables.store.runs.arms import ArmFiles
from incay.trainables.store.runs.trial_list import Listed, TrialList
from incay.trainables.store.shapes import SCHEMA, Frozen, Look, StudyBook, TrialRow

_Shape = TypeVar("_Shape")
_TRIALS = "trials.json"
_FROZEN = "freeze.json"
_LOOKS = "looks.json"
_NO_LOSS = "No result is lost: to run the study again writes it anew"


class Books:
    """The books of one run of a study.

    What reads raises a `RecordError` where a book is damaged, or of a newer schema.

    Args:
        files: The store.
        study: The study's name.
        run: The study's run.

    Attributes:
        arms: What drivers of single arms write.
    """

    def __init__(self, files: Files, study: str, run: str) -> None:
        self._files = files
        self.name, self.run = study, run
        self.folder = f"{study_folder(study)}/{run}"
        self._list = TrialList(files, self._path(_TRIALS))
        self.arms = ArmFiles(files, self.folder)

    @property
    def where(self) -> str:
        """The folder's full name, for messages."""
        return self._files.where(self.folder)

    @property
    def where_frozen(self) -> str:
        """The full name of the file with the winners of the search, for messages."""
        return self._files.where(self._path(_FROZEN))

    def study(self) -> StudyBook | None:
        """Return what the study asks for, None where there is no such run."""
        return self._read("study.json", study_book)

    def require_study(self) -> StudyBook:
        """Return what the study asks for, of a run that there is.

        Raises:
            RecordError: It is not written down.
        """
        book = self.study()
        if book is None:
            raise self._missing("study.json")
        return book

    def study_text(self) -> bytes:
        """Return what the study asks for, as it is written down."""
        return self._files.read(self._path("study.json")) or b""

    def write_study(self, book: StudyBook) -> None:
        """Write what the study asks for, and make it the study's latest run."""
        self._write("study.json", dataclasses.asdict(book))
        self._files.write_json(latest_path(self.name), {"run": self.run})

    def trials(self) -> list[TrialRow]:
        """Return the study's trials, none where there is no such run.

        Drivers of single arms list theirs elsewhere until the whole study is run.
        """
        arms = self._arm_names()
        rows = {row.key: row for row in self._own_trials(arms)}
        for name in self.arms.lists():
            rows.update((row.key, row) for row in self._arm_trials(name, arms))
        return list(rows.values())

    def _own_trials(self, arms: Set[str] | None) -> list[TrialRow]:
        rows = self._told(self._list.read)
        if rows is None and self._files.exists(self._path("study.json")):
            raise self._missing(_TRIALS)
        return self._of_arms(arms, _TRIALS, rows or [])

    def _arm_trials(self, name: str, arms: Set[str] | None) -> list[TrialRow]:
        rows = self._read(name, partial(self.arms.listed, name))
        return self._of_arms(arms, name, rows or [])

    def _of_arms(self, arms: Set[str] | None, name: str, rows: list[TrialRow]) -> list[TrialRow]:
        strange = {row.arm for row in rows} - arms if arms is not None else set()
        if strange:
            raise RecordError(
                f"{self._files.where(self._path(name))} must list trials of the study's arms, but "
                f"some are of {min(strange)!r}. {_NO_LOSS}"
            )
        return rows

    def _arm_names(self) -> Set[str] | None:
        """Return the names of the study's arms, None where it is not written down yet."""
        study = self.study()
        return None if study is None else {arm.name for arm in study.arms}

    def has_trials(self) -> bool:
        """Return whether the study's trials are written down."""
        return self._files.exists(self._path(_TRIALS))

    def write_trials(self, trials: Iterable[Listed]) -> None:
        """Write the study's trials."""
        self._list.write(trials)

    def take_in_arms(self) -> None:
        """List in the study's own list what drivers of single arms have listed elsewhere."""
        if self.arms.lists():
            self.write_trials(self.trials())
            self.arms.drop_trials()

    def frozen(self) -> Frozen | None:
        """Return the winners of the search, None while they are open."""
        return self._read(_FROZEN, frozen_winners)

    def search_is_over(self, rows: Iterable[TrialRow]) -> bool:
        """Return whether winners were frozen; where their book is gone, their seeds tell.

        Args:
            rows: The study's trials.
        """
        return self.frozen() is not None or self._have_confirmed(rows)

    def _have_confirmed(self, rows: Iterable[TrialRow]) -> bool:
        study = self.study()
        searched = set() if study is None else {arm.name for arm in study.arms if arm.search}
        return any(row.phase == "confirm" and row.arm in searched for row in rows)

    def write_frozen(self, frozen: Frozen, *, former: bool = False) -> None:
        """Write the winners of the search; `former` ones stay under a name of their own."""
        name = f"freeze-{frozen.sha256[:8]}.json" if former else _FROZEN
        self._write(name, dataclasses.asdict(frozen))

    def models(self) -> dict[str, KeptModel]:
        """Return whose trained networks the study keeps, by fingerprint, in order of choice."""
        return self._read("models.json", kept_models) or {}

    def write_models(self, kept: Mapping[str, KeptModel]) -> None:
        """Write whose trained networks the study keeps."""
        self._write("models.json", {name: dict(vars(each)) for name, each in kept.items()})

    def looks(self) -> list[Look]:
        """Return when the results of the confirm phase could be seen, in order."""
        return self._read(_LOOKS, noted_looks) or []

    def note_look(self, look: Look) -> None:
        """Write that results could be seen."""
        looks = [dict(vars(each)) for each in (*self.looks(), look)]
        self._write(_LOOKS, {"looks": looks})

    def mend(self) -> list[str]:
        """Put damaged books aside, for whoever runs the study to write anew; tell of each.

        Winners that seeds have confirmed, and that are gone, are told of with them.

        Raises:
            ForeignRecordError: One is a newer program's.
        """
        told: list[str] = []
        were_frozen = self._files.exists(self._path(_FROZEN))
        books: tuple[tuple[str, Callable[[], object]], ...] = (
            ("study.json", self.study),
            (_FROZEN, self.frozen),
            (_LOOKS, self.looks),
            ("models.json", self.models),
        )
        for name, read in books:
            told += self._mend(name, read)
        arms = self._arm_names()
        for name in self.arms.lists():
            told += self._mend(name, partial(self._arm_trials, name, arms))
        told += [f"{each}. {_NO_LOSS}" for each in self._list.mend()]
        if self.has_trials():
            told += self._mend(_TRIALS, partial(self._own_trials, arms))
        if not were_frozen and self.has_trials() and self._have_confirmed(self.trials()):
            told.append(str(self._missing(_FROZEN)))
        return told

    def _mend(self, name: str, read: Callable[[], object]) -> list[str]:
        try:
            read()
        except ForeignRecordError:
            raise
        except RecordError as error:
            aside = self._files.put_aside(self._path(name))
            return [f"{error}" + (f" (what was there is kept as {aside})" if aside else "")]
        return []

    def _missing(self, name: str) -> RecordError:
        path = self._files.where(self._path(name))
        return RecordError(f"{path} must be there, but is missing. {_NO_LOSS}")

    def _path(self, name: str) -> str:
        return f"{self.folder}/{name}"

    def _read(self, name: str, shape: Callable[[dict[str, Any], str], _Shape]) -> _Shape | None:
        path = self._path(name)

        def read() -> _Shape | None:
            values = self._files.read_json(path, SCHEMA)
            return None if values is None else shape(values, self._files.where(path))

        return self._told(read)

    def _told(self, read: Callable[[], _Shape]) -> _Shape:
        try:
            return read()
        except ForeignRecordError:
            raise
        except RecordError as error:
            raise RecordError(f"{error}. {_NO_LOSS}") from error

    def _write(self, name: str, values: Mapping[str, Any]) -> None:
        self._files.write_json(self._path(name), values)
