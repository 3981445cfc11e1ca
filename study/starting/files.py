"""Writes the files that a user begins with; none is ever written over."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

from incay.study.errors import UserError
from incay.study.starting.names import check_component_name, check_study_name
from incay.trainables.errors import system_said

KINDS: Mapping[str, str] = {
    "loss": "loss",
    "network": "network",
    "dataset": "dataset",
    "form": "incay form",
    "optimizer": "optimizer",
    "schedule": "schedule",
    "augmentation": "augmentation",
    "measure": "measure",
}
"""What templates are called, and what registries call it."""

_TEMPLATES = Path(__file__).parent / "templates"
_REGISTRATION = re.compile(rf'^@register_({"|".join(KINDS)})\("([^"\n]+)"\)', re.MULTILINE)
_LARGEST = 2**20
"""Bytes of a file that is looked into."""


def new_component(kind: str, name: str, folder: Path) -> list[Path]:
    """Write a component's file and its test.

    Args:
        kind: A key of `KINDS`.
        name: The component's and the file's.
        folder: Where they are to lie.

    Returns:
        The files.

    Raises:
        UserError: The name cannot be used, or a file of it is there.
    """
    check_component_name(KINDS[kind], name, folder)
    template = _template(f"{kind}.py")
    stem = "".join(part.capitalize() for part in name.split("_"))
    classes = {found.replace("Mine", stem) for found in re.findall(r"class (\w+)", template)}
    clashing = sorted(classes & set(re.findall(r"(?!Mine)\b[A-Z]\w+", template)))
    if clashing:
        raise UserError(
            f"NAME must make names of classes that are new, but {name!r} makes {clashing[0]}"
        )
    texts = {f"{name}.py": template, f"test_{name}.py": _template(f"test_{kind}.py.txt")}
    return _write({folder / file: _named(text, name, stem) for file, text in texts.items()})


def new_study(name: str, folder: Path) -> list[Path]:
    """Write a study's file, which uses the components that lie beside it.

    Args:
        name: The study's and the file's.
        folder: Where it is to lie.

    Returns:
        The file.

    Raises:
        UserError: The name cannot be used, or the file is there.
    """
    check_study_name(name)
    text = _named(_template("study.yaml"), name, name)
    found = _components(folder)
    if found:
        files = ", ".join(sorted({file for _, _, file in found}))
        text = text.replace("# uses: [NAME.py]", f"uses: [{files}]")
        # Another data set is no arm, what all arms have in common says it; a measure is a column.
        arms = [
            f"  # {each[1]}: {{{_setting(*each)}}}"
            for *each, _ in found
            if each[0] not in ("dataset", "measure")
        ]
        text = text.replace("  # Own: {loss: NAME}", "\n".join(arms))
    return _write({folder / f"{name}.yaml": text})


def _components(folder: Path) -> list[tuple[str, str, str]]:
    """Return what files of a folder register, as kind, name and file; nothing is imported."""
    found = []
    for path in sorted(folder.glob("*.py")):
        if path.is_file() and path.stat().st_size <= _LARGEST:
            text = path.read_text(encoding="utf-8", errors="replace")
            found += [(kind, name, path.name) for kind, name in _REGISTRATION.findall(text)]
    return found


def _setting(kind: str, name: str) -> str:
    if kind == "form":
        return f"incay: {{form: {name}, weight: 0.001}}"
    return f"augment.policy: {name}" if kind == "augmentation" else f"{kind}: {name}"


def _template(file: str) -> str:
    return (_TEMPLATES / file).read_text(encoding="utf-8")


def _named(text: str, name: str, stem: str) -> str:
    return re.sub(r"(?<![a-z])mine(?![a-z])", name, text).replace("Mine", stem)


def _write(texts: Mapping[Path, str]) -> list[Path]:
    there = [path.name for path in texts if path.exists() or path.is_symlink()]
    if there:
        raise UserError(f"{there[0]} must not be there yet, but is: nothing has been written")
    for path, text in texts.items():
        try:
            with path.open("x", encoding="utf-8") as file:
                file.write(text)
        except OSError as error:
            raise UserError(
                f"{path} must be a file that can be written, but: {system_said(error)}"
            ) from error
    return list(texts)
