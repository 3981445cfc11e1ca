"""Which studies a store has books of, and which runs of each; the latest of them."""

from __future__ import annotations

import os
from pathlib import Path

from incay.trainables.store.books import Books
from incay.trainables.store.files import Files
from incay.trainables.store.places import STUDIES, latest_path, study_folder
from incay.trainables.store.reading.damage import RecordError


def study_names(files: Files) -> list[str]:
    """Return the studies that have books in a store."""
    return _named(files, STUDIES)


def has_studies(root: Path) -> bool:
    """Return whether a folder of this machine is a store with the books of a study."""
    try:
        return any(entry.is_dir() for entry in os.scandir(root / STUDIES))
    except OSError:
        return False


def where_studies(files: Files, study: str = "") -> str:
    """Return the full name of the folder of a study, or of all, for messages."""
    return files.where(study_folder(study) if study else STUDIES)


def run_names(files: Files, study: str) -> list[str]:
    """Return the runs of a study that have books in a store."""
    return _named(files, study_folder(study))


def _named(files: Files, folder: str) -> list[str]:
    # Studies and runs have no dot in their names; files do, also those that desktops leave.
    return sorted(name for name in files.list(folder) if "." not in name)


def every_run(files: Files) -> list[Books]:
    """Return the books of every run of every study in a store."""
    return [
        Books(files, study, run) for study in study_names(files) for run in run_names(files, study)
    ]


def latest_run(files: Files, study: str) -> str | None:
    """Return a study's latest run, None where it has none.

    Where the file that names it is damaged or gone, it is the run that was begun last.
    """
    runs = run_names(files, study)
    try:
        named = (files.read_json(latest_path(study)) or {}).get("run")
    except RecordError:
        named = None
    if isinstance(named, str) and named in runs:
        return named
    return max(runs, key=lambda run: _begun(files, study, run), default=None)


def _begun(files: Files, study: str, run: str) -> str:
    try:
        book = Books(files, study, run).study()
    except RecordError:
        book = None
    return book.created if book is not None else ""
