"""What a job carries to the cluster: the project's code and the study, nothing else."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from study.errors import UserError

PROJECT = Path(__file__).resolve().parents[2]
"""Where the packages of the project lie."""

_PACKAGES = ("study", "trainables", "analysis")
_SUFFIXES = (".py", ".yaml", ".toml", ".typed")
_MOST_BYTES = 20 * 2**20
"""Ray's dashboard takes 100 MiB; code that large would be something else by mistake."""
_NAMED = 5


@contextmanager
def packaged(study: Path | None, project: Path = PROJECT) -> Iterator[Path]:
    """Provide a folder with the code and the study file while the ``with`` block runs.

    Args:
        study: The study file, placed at the folder's top; None for the code alone.
        project: Where the packages lie.

    Raises:
        UserError: It is too large to send.
    """
    files = {path.relative_to(project): path for path in project_files(project)}
    if study is not None:
        files[Path(study.name)] = study
    check_size(files)
    with TemporaryDirectory(prefix="incay-package-") as folder:
        for name, source in files.items():
            target = Path(folder) / name
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(source, target)
        yield Path(folder)


def project_files(project: Path) -> Iterator[Path]:
    """Yield the files of the project's packages."""
    for package in _PACKAGES:
        for path in sorted((project / package).rglob("*")):
            if path.suffix in _SUFFIXES and path.is_file():
                yield path


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
