"""Which Parquet files make up a split, and whether all of them are there.

``SPLIT.parquet``, or ``SPLIT-*.parquet``. Names that count, ``SPLIT-00000-of-00002.parquet`` with
any number of digits, from 0 or from 1 and with or without a hash behind, must be all there; names
that only number, ``SPLIT-0.parquet``, must leave none out.
"""

from __future__ import annotations

import glob
import re
from collections.abc import Iterable, Sequence
from pathlib import Path

from incay.trainables.data.base import DataError
from incay.trainables.data.images.damage import shown

_COUNTED = re.compile(r"(\d+)-of-(\d+)([-.][0-9A-Za-z]+)?")
_NUMBERED = re.compile(r"\d+")


def find_shards(folders: Sequence[Path], split: str) -> list[Path]:
    """Return the files of a split, in order, from the one folder that has any.

    Returns:
        An empty list where no folder has any.

    Raises:
        DataError: One of the files that the names announce is missing, another one is there as
            well, or two folders have files of the split.
    """
    found: dict[Path, list[Path]] = {}
    for folder in folders:
        shards = sorted(folder.glob(f"{glob.escape(split)}-*.parquet"))
        single = folder / f"{split}.parquet"
        if single.exists() or single.is_symlink():
            if shards:
                raise DataError(
                    f"{shown(folder)} must have {single.name} or {split}-*.parquet, but has both"
                )
            found[folder] = [single]
        elif shards:
            found[folder] = _in_order(shards, folder, split)
    if len(found) > 1:
        first, second, *_ = found
        raise DataError(
            f"one folder must hold the files of split {split!r}, but {shown(first)} and "
            f"{shown(second)} do"
        )
    return next(iter(found.values()), [])


def _in_order(shards: list[Path], folder: Path, split: str) -> list[Path]:
    stems = [path.name[len(split) + 1 : -len(".parquet")] for path in shards]
    numbers: list[int | None]
    counted = [_COUNTED.fullmatch(stem) for stem in stems]
    # Of all names: a browser's copy, `…-of-00002 (1).parquet`, sorts before its original.
    announced = next((match for match in counted if match), None)
    if announced is not None:
        count = int(announced[2])
        numbers = [int(match[1]) if match and int(match[2]) == count else None for match in counted]
        first = 1 if count in numbers and 0 not in numbers else 0
        whole = f"the {count:,} files {split}-*-of-{announced[2]}.parquet"
        name = f"{split}-{{:0{len(announced[1])}d}}-of-{announced[2]}.parquet"
    elif all(_NUMBERED.fullmatch(stem) for stem in stems):
        numbers = [int(stem) for stem in stems]
        first = min(map(int, stems))
        count = max(map(int, stems)) - first + 1
        whole = f"files {split}-*.parquet that leave no number out"
        name = f"{split}-{{:0{min(map(len, stems))}d}}.parquet"
    else:
        return shards
    by_number, extra = _sorted_out(zip(shards, numbers, strict=True), range(first, first + count))
    # Not all of them are made up and looked for: a name can announce billions.
    missing = next((each for each in range(first, first + count) if each not in by_number), None)
    if missing is not None or extra:
        what = (
            f"{name.format(missing)} is missing"
            if missing is not None
            else f"{shown(Path(extra[0].name))} is there as well"
        )
        raise DataError(f"{shown(folder)} must hold {whole}, but {what}")
    return [by_number[number] for number in sorted(by_number)]


def _sorted_out(
    shards: Iterable[tuple[Path, int | None]], wanted: range
) -> tuple[dict[int, Path], list[Path]]:
    """Return the files by their numbers, and those that are there as well."""
    by_number: dict[int, Path] = {}
    extra = []
    for path, number in shards:
        if number is None or number in by_number or number not in wanted:
            extra.append(path)
        else:
            by_number[number] = path
    return by_number, extra
