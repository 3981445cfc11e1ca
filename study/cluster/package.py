"""What a job carries to the cluster: the project's code, the study and the code that it uses."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import incay
from incay.study.errors import UserError
from incay.study.spec.reading.document import Document
from incay.study.spec.recipe import own_recipes
from incay.trainables.scratch import scratch
from incay.trainables.uses.bundle import Bundle

PACKAGE = Path(incay.__file__).parent
"""Where the project's package lies."""

_SUFFIXES = (".py", ".yaml", ".json", ".toml", ".typed", ".html", ".css", ".js")
_MOST_BYTES = 20 * 2**20
"""Ray's dashboard takes 100 MiB; code that large would be something else by mistake."""
_NAMED = 5


@contextmanager
def packaged(
    study: Path | None, package: Path = PACKAGE, own: Mapping[str, str] | None = None
) -> Iterator[Path]:
    """Provide a folder with the code and the study file while the ``with`` block runs.

    Args:
        study: The study file, placed at the folder's top; None for the code alone.
        package: Where the project's package lies.
        own: Texts of the user's own code, by path below the study's folder.

    Raises:
        UserError: It is too large to send.
    """
    files = {path.relative_to(package.parent): path for path in package_files(package)}
    if study is not None:
        files[Path(study.name)] = study
    check_size(files)
    with scratch("package") as folder:
        for name, source in files.items():
            target = folder / name
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(source, target)
        for place, text in (own or {}).items():
            target = folder / place
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(text, encoding="utf-8")
        yield folder


def own_files(code: Bundle, study: Path) -> dict[str, str]:
    """Return the texts of a study's own code, by the path below its folder where each is found.

    What the study names lies there where it does here; what the command line named, at the top.
    """
    found = {}
    for module, source in code.modules.items():
        path = Path(source.file)
        if not source.text and path.suffix != ".py":
            continue  # a folder
        if path.is_relative_to(study.parent):
            name = path.relative_to(study.parent)
        else:
            name = Path(*module.split("."), *(["__init__"] if source.is_package else []))
            name = name.with_suffix(".py")
        found[str(name)] = source.text
    return found


def recipe_files(document: Document) -> dict[str, str]:
    """Return the texts of a study's own recipes, by the path below its folder."""
    folder = Path(document.source).parent
    return {name: (folder / name).read_text("utf-8") for name in own_recipes(document)}


def package_files(package: Path) -> Iterator[Path]:
    """Yield the files of the project's package."""
    # In a checkout, its rooms are links.
    for folder, _, names in os.walk(package, followlinks=True):
        for name in sorted(names):
            if name.endswith(_SUFFIXES):
                yield Path(folder, name)


def check_size(files: dict[Path, Path]) -> None:
    """Refuse what is too large to send, naming the largest files.

    Raises:
        UserError: It is too large.
    """
    sizes = {name: source.stat().st_size for name, source in files.items()}
    total = sum(sizes.values())
    if total > _MOST_BYTES:
        largest = sorted(sizes.items(), key=lambda item: -item[1])[:_NAMED]
        named = ", ".join(f"{name} ({size / 2**20:.1f} MiB)" for name, size in largest)
        raise UserError(
            f"what a job carries must be at most {_MOST_BYTES / 2**20:.0f} MiB, but is "
            f"{total / 2**20:.1f} MiB; the largest files are {named}"
        )
