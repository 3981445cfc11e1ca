"""The books of studies: what was asked for, which trials belong to it, what was decided.

Every path and JSON shape below ``studies/`` and ``code/`` is written and read here::

    code/VERSION.json                 modules of a version of the training code, with hashes
    studies/NAME/latest.json          the study's latest run
    studies/NAME/RUN/study.json       what was asked for: `StudyBook`
    studies/NAME/RUN/trials.json      which trials belong to it: `TrialRow`
    studies/NAME/RUN/freeze.json      winners of a search, hashed: `Frozen`
    studies/NAME/RUN/models.json      whose trained networks the study keeps
    studies/NAME/RUN/lease.json, lock who is running it now

They can always be written again from the study file and the records: losing them loses no result.
RUN is a hash of the resolved study document, so that ``--set steps=300`` and the full study have
books of their own while they share every trial that is the same.
"""

from __future__ import annotations

import dataclasses
import json
import os
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any, TypeVar

from incay.trainables.store.files import Files
from incay.trainables.store.records import RecordError, refuse_newer
from incay.trainables.store.shapes import (
    SCHEMA,
    Frozen,
    KeptModel,
    StudyBook,
    TrialRow,
    frozen_winners,
    kept_models,
    study_book,
    trial_rows,
)

_Shape = TypeVar("_Shape")
_STUDIES = "studies"
_FROZEN = "freeze.json"


class Books:
    """The books of one run of a study.

    What reads raises a `RecordError` where a book is damaged, or of a newer schema.

    Args:
        files: The store.
        study: The study's name.
        run: The study's run.
    """

    def __init__(self, files: Files, study: str, run: str) -> None:
        self._files = files
        self.name, self.run = study, run
        self.folder = f"{_study_folder(study)}/{run}"

    @property
    def where(self) -> str:
        """The folder's full name, for messages."""
        return self._files.where(self.folder)

    @property
    def where_frozen(self) -> str:
        """The full name of the file with the winners of the search, for messages."""
        return self._files.where(self._path(_FROZEN))

    @property
    def lock(self) -> Path | None:
        """The file that whoever runs the study locks; None where there are no locks."""
        root = self._files.local_root
        return None if root is None else root / self.folder / "lock"

    def study(self) -> StudyBook | None:
        """Return what the study asks for, None where there is no such run."""
        return self._read("study.json", study_book)

    def study_text(self) -> bytes:
        """Return what the study asks for, as it is written down."""
        return self._files.read(self._path("study.json")) or b""

    def write_study(self, book: StudyBook) -> None:
        """Write what the study asks for, and make it the study's latest run."""
        self._write("study.json", dataclasses.asdict(book))
        self._files.write(_latest(self.name), json.dumps({"run": self.run}).encode())

    def trials(self) -> list[TrialRow]:
        """Return the study's trials, none where none is known yet."""
        return self._read("trials.json", trial_rows) or []

    def write_trials(self, rows: Iterable[TrialRow]) -> None:
        """Write the study's trials."""
        self._write("trials.json", {"trials": [dict(vars(row)) for row in rows]})

    def frozen(self) -> Frozen | None:
        """Return the winners of the search, None while they are open."""
        return self._read(_FROZEN, frozen_winners)

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

    def lease(self) -> dict[str, Any]:
        """Return who is running the study; empty where nobody is, or it cannot be read."""
        try:
            return self._files.read_json(self._path("lease.json")) or {}
        except RecordError:
            return {}

    def write_lease(self, holder: Mapping[str, Any]) -> None:
        """Write who is running the study."""
        self._files.write(self._path("lease.json"), json.dumps(holder).encode())

    def delete_lease(self) -> None:
        """Write that nobody is running the study."""
        self._files.delete(self._path("lease.json"))

    def _path(self, name: str) -> str:
        return f"{self.folder}/{name}"

    def _read(self, name: str, shape: Callable[[dict[str, Any]], _Shape]) -> _Shape | None:
        path = self._path(name)
        values = self._files.read_json(path)
        where = self._files.where(path)
        if values is None:
            return None
        refuse_newer(values.get("schema"), SCHEMA, where)
        try:
            return shape(values)
        except (KeyError, TypeError, AttributeError, ValueError) as error:
            raise RecordError(f"{where} must be complete, but is damaged: {error!r}") from error

    def _write(self, name: str, values: Mapping[str, Any]) -> None:
        self._files.write(self._path(name), json.dumps(values, indent=1).encode())


def study_names(files: Files) -> list[str]:
    """Return the studies that have books in a store."""
    return sorted(files.list(_STUDIES))


def has_studies(root: Path) -> bool:
    """Return whether a folder of this machine is a store with the books of a study."""
    try:
        return any(entry.is_dir() for entry in os.scandir(root / _STUDIES))
    except OSError:
        return False


def where_studies(files: Files, study: str = "") -> str:
    """Return the full name of the folder of a study, or of all, for messages."""
    return files.where(_study_folder(study) if study else _STUDIES)


def run_names(files: Files, study: str) -> list[str]:
    """Return the runs of a study that have books in a store."""
    names = files.list(_study_folder(study))
    return sorted(name for name in names if not name.endswith(".json"))


def every_run(files: Files) -> list[Books]:
    """Return the books of every run of every study in a store."""
    return [
        Books(files, study, run) for study in study_names(files) for run in run_names(files, study)
    ]


def latest_run(files: Files, study: str) -> str | None:
    """Return a study's latest run, None where it has none.

    Raises:
        RecordError: The book that says so is damaged.
    """
    path = _latest(study)
    values = files.read_json(path)
    if values is None:
        return None
    run = values.get("run")
    if not isinstance(run, str):
        raise RecordError(f"{files.where(path)} must name a run, but is damaged")
    return run


def code_modules(files: Files, version: str) -> dict[str, str] | None:
    """Return the modules of a version of the training code, each with its hash, if known."""
    return files.read_json(_code(version))


def keep_code_modules(files: Files, version: str, modules: Mapping[str, str]) -> None:
    """Remember what a version of the training code stands for, unless that is known."""
    if files.read(_code(version)) is None:
        files.write(_code(version), json.dumps(modules, indent=1).encode())


def _study_folder(study: str) -> str:
    return f"{_STUDIES}/{study}"


def _latest(study: str) -> str:
    return f"{_study_folder(study)}/latest.json"


def _code(version: str) -> str:
    return f"code/{version}.json"
