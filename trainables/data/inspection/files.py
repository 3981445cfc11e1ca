"""The files of a set before they are hashed: regular, not too large, begun as they must be.

To hash is to read to the end, which a file of a few bytes on disk can make last for hours.
"""

from __future__ import annotations

import stat
from collections.abc import Iterable
from functools import singledispatch
from pathlib import Path

from incay.trainables.data.base import DatasetSettings, require_root
from incay.trainables.data.cifar import CIFARSettings
from incay.trainables.data.faces import FacesSettings
from incay.trainables.data.idx import FILES, IDXSettings
from incay.trainables.data.image_folder import ImageFolderSettings
from incay.trainables.data.images.damage import Problem, refuse, shown
from incay.trainables.data.images.hf_parquet import ParquetColumns, require_columns
from incay.trainables.data.images.limits import most_unpacked, unpacked_rule
from incay.trainables.data.images.memory import require_memory
from incay.trainables.data.inspection.idx_head import idx_problem
from incay.trainables.data.inspection.links import class_folders, link_problem
from incay.trainables.data.inspection.parquet_footer import parquet_problem
from incay.trainables.data.parquet import ParquetSettings


@singledispatch
def check_files(dataset: DatasetSettings, data_root: Path | None) -> None:
    """Refuse files of a set that could not be read.

    Args:
        dataset: The set. Of one whose class nothing is registered for, nothing is asked.
        data_root: The data root.

    Raises:
        DataError: A file is missing, is none, is too large or does not begin as it must: all are
            named.
    """
    del dataset, data_root


@check_files.register
def _(dataset: IDXSettings, data_root: Path | None) -> None:
    root = require_root(data_root, dataset.name, dataset.how_to_obtain)
    folders = [root / folder / sub for folder in dataset.folders for sub in ("raw", "")]
    _require_regular(folder / (name + end) for folder in folders for name in FILES for end in _ENDS)
    paths = dataset.paths(data_root)
    found = [
        idx_problem(path, 3 if "images" in name else 1)
        for name, path in zip(FILES, paths, strict=True)
    ]
    refuse(Problem(text, skippable=False) for text in found if text)


@check_files.register
def _(dataset: CIFARSettings, data_root: Path | None) -> None:
    root = require_root(data_root, dataset.name, dataset.how_to_obtain)
    parents = [*(root / folder for folder in dataset.folders), root]
    names = [name for names in dataset.binary_files for name in names]
    _require_regular(parent / dataset.binary_folder / name for parent in parents for name in names)
    train, test = dataset.paths(data_root)
    paths = [*train, *test]
    if train[0].suffix == ".bin":
        refuse(Problem(text, skippable=False) for path in paths if (text := _too_large(path)))
    else:
        _check_parquet(paths, ParquetColumns(label=dataset.label_column), dataset.name)


@check_files.register
def _(dataset: ParquetSettings, data_root: Path | None) -> None:
    train, test = dataset.paths(data_root)
    columns = ParquetColumns(dataset.image_column, dataset.label_column)
    _check_parquet([*train, *test], columns, dataset.name)


@check_files.register(ImageFolderSettings)
@check_files.register(FacesSettings)
def _(dataset: DatasetSettings, data_root: Path | None) -> None:
    folders = [] if data_root is None else class_folders(dataset, data_root)
    refuse(Problem(text, skippable=False) for folder in folders if (text := link_problem(folder)))


_ENDS = ("", ".gz")


def _check_parquet(paths: list[Path], columns: ParquetColumns, name: str) -> None:
    _require_regular(paths)
    refuse(
        Problem(text, skippable=False) for path in paths if (text := parquet_problem(path, columns))
    )
    require_columns(paths, columns)
    require_memory(sum(path.stat().st_size for path in paths), f"the files of {name!r}")


def _require_regular(paths: Iterable[Path]) -> None:
    """Refuse what stands in a file's place; that there is none may be right."""
    problems = []
    for path in paths:
        try:
            mode = path.stat().st_mode
        except FileNotFoundError:
            if path.is_symlink():
                problems.append(f"{shown(path)} must be a file, but is a link to none")
            continue
        except (NotADirectoryError, PermissionError):
            continue
        except OSError as error:
            problems.append(f"{shown(path)} must be a readable file, but: {error.strerror}")
            continue
        if not stat.S_ISREG(mode):
            problems.append(f"{shown(path)} must be a regular file, but is {special(mode)}")
    if problems:
        refuse(Problem(text, skippable=False) for text in problems)


def special(mode: int) -> str:
    """Return in words what is no regular file."""
    kinds = (
        (stat.S_ISDIR, "a folder"),
        (stat.S_ISFIFO, "a pipe"),
        (stat.S_ISSOCK, "a socket"),
        (stat.S_ISREG, "a file"),
    )
    return next((words for is_one, words in kinds if is_one(mode)), "a device")


def _too_large(path: Path) -> str:
    size = path.stat().st_size
    if size <= most_unpacked(0):
        return ""
    return f"{shown(path)} must hold {unpacked_rule(0)}, but holds {size / 1e6:,.0f} MB"
