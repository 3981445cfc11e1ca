"""Studies by name: the built-in ones, and any file by its path."""

from __future__ import annotations

import difflib
from pathlib import Path

from incay.study.errors import StudyError, shown
from incay.study.spec.reading.document import Document, load_document

BUILT_IN = Path(__file__).parents[1] / "studies"
_SUFFIXES = (".yaml", ".yml")


def built_in_studies() -> list[Path]:
    """Return the files of the built-in studies, in order of their names."""
    return sorted(BUILT_IN.glob("*.yaml"), key=lambda path: path.stem)


def find_study(study: str) -> Document:
    """Return the study that a built-in name or a path stands for.

    Raises:
        StudyError: There is no such study.
    """
    names = [path.stem for path in built_in_studies()]
    if study in names:
        return load_document(BUILT_IN / f"{study}.yaml")
    path = Path(study)
    if _exists(path) and (not path.is_dir() or path.suffix in _SUFFIXES):
        return load_document(path)
    if path.suffix in _SUFFIXES or "/" in study:
        raise StudyError(f"{shown(study)}: the study file must exist, but there is none")
    close = difflib.get_close_matches(study, names, n=1)
    hint = f" (did you mean {close[0]!r}?)" if close else ""
    raise StudyError(
        f"STUDY must be a file or one of {', '.join(names)}, but got {shown(study)}{hint}"
    )


def is_known(study: str) -> bool:
    """Return whether a name stands for a built-in study or a file."""
    return is_file(study) or study in [path.stem for path in built_in_studies()]


def is_file(study: str) -> bool:
    """Return whether an argument names a file; a text too long for a name is none."""
    try:
        return Path(study).is_file()
    except OSError:
        return False


def uses_own_code(study: str) -> bool:
    """Return whether a study names code that is not incay's own."""
    return is_known(study) and bool(find_study(study).values.get("uses"))


def study_name(study: str) -> str:
    """Return the name under which a study's results are kept.

    A study that is neither built in nor a file may still have results: its name is taken as
    it is.
    """
    path = Path(study)
    if path.suffix in _SUFFIXES or is_file(study):
        return str(find_study(study).values.get("name", path.stem))
    return study


def _exists(path: Path) -> bool:
    try:
        return path.exists() or path.is_symlink()
    except OSError:
        return False  # too long for a path, or in a folder that is closed to us
