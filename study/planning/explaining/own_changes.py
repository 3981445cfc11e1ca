"""What has changed in a user's own code since a result: the lines, from what the store has kept."""

from __future__ import annotations

import difflib
from collections.abc import Iterator
from pathlib import Path

from incay.study.errors import UserError
from incay.trainables.source.tree import own_code
from incay.trainables.store.kept import OwnModules, own_modules
from incay.trainables.store.records import TrialRecord
from incay.trainables.store.trials import Store

_MOST_LINES = 60
_CONTEXT = 1


def changed_lines(store: Store, record: TrialRecord) -> Iterator[str]:
    """Yield the difference from the code of a result to that of the same modules in use now."""
    kept = _kept(store, record)
    if kept is None or not own_code.modules:
        return
    lines = [
        line
        for name in sorted(kept.modules.keys() & own_code.modules.keys())
        for line in _difference(name, kept)
    ]
    yield from (f"    {line}" for line in lines[:_MOST_LINES])
    if len(lines) > _MOST_LINES:
        yield f"    and {len(lines) - _MOST_LINES} more lines"


def kept_code(record: TrialRecord) -> Iterator[str]:
    """Yield where the code of a result is, if that was not incay's own alone."""
    if _digest(record):
        yield (
            "it was trained with code that is not incay's own and is kept with the results: "
            "`--uses PATH` compares it with a file, `--code FOLDER` writes it down"
        )


def write_code(store: Store, record: TrialRecord | None, folder: Path) -> list[Path]:
    """Write the user's own code of a result into a new folder, and return the files.

    Raises:
        UserError: The result has none, it was not kept, or the folder is there already.
    """
    kept = None if record is None else _kept(store, record)
    if kept is None:
        raise UserError(
            "--code: the trial must have been trained with code that is not incay's own and is "
            "kept with the results, but has none"
        )
    if folder.exists():
        raise UserError(f"--code {folder}: must be a new folder, but is there already")
    written = []
    for name, module in sorted(kept.modules.items()):
        parts = name.split(".")
        if not all(part.isidentifier() for part in parts):
            raise UserError(f"the kept code must consist of modules, but has {name!r}: altered")
        path = folder.joinpath(*parts, *(["__init__"] if module.is_package else []))
        path = path.with_suffix(".py")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(module.text, encoding="utf-8")
        written.append(path)
    return written


def _digest(record: TrialRecord) -> str:
    return str(record.provenance.get("own_code") or "")


def _kept(store: Store, record: TrialRecord) -> OwnModules | None:
    digest = _digest(record)
    return own_modules(store, digest) if digest.isalnum() else None


def _difference(name: str, kept: OwnModules) -> Iterator[str]:
    yield from difflib.unified_diff(
        kept.modules[name].text.splitlines(),
        own_code.modules[name].text.splitlines(),
        f"{name} (of the result)",
        f"{name} (now)",
        lineterm="",
        n=_CONTEXT,
    )
