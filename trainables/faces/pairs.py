"""LFW's ``pairs.txt``: which images are compared, in which fold."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from incay.trainables.data.base import DataError, require_file
from incay.trainables.data.images.wording import said

_MOST_BYTES = 100_000_000
"""Of a list: some millions of pairs."""
_DIGITS = 9
"""Of a number in a list."""
_SHOWN = 80
"""Characters of a line that a message shows."""


class Face(NamedTuple):
    """One image of a person."""

    person: str
    number: int
    """From 1; part of the image's file name."""


@dataclass(frozen=True)
class Pair:
    """Two images to compare.

    Attributes:
        first: One image.
        second: The other one.
        fold: From 0.
    """

    first: Face
    second: Face
    fold: int

    @property
    def same(self) -> bool:
        """Whether both show one person."""
        return self.first.person == self.second.person


def read_pairs(path: Path) -> list[Pair]:
    """Return the pairs that a file in LFW's format lists, in its order.

    The first line has the number F of folds and the number n of pairs of each kind in a fold.
    Then each fold has n lines ``PERSON NUMBER NUMBER`` and n lines ``PERSON NUMBER PERSON
    NUMBER``.

    Raises:
        DataError: The file cannot be read or is not of this format; the message names the
            line.
    """
    lines = read_lines(path, "pairs.txt")
    while lines and not lines[-1].strip():
        lines.pop()
    folds, each = _header(path, lines[0] if lines else "")
    if len(lines) != 1 + folds * 2 * each:
        raise DataError(
            f"{path} must have {folds * 2 * each} pairs, as its first line says ({folds} folds "
            f"of {each} same and {each} different pairs), but has {len(lines) - 1}"
        )
    pairs = []
    for index, line in enumerate(lines[1:]):
        fold, place = divmod(index, 2 * each)
        where = f"{path}, line {index + 2},"
        pairs.append(_pair(where, line.split(), fold, same=place < each))
    return pairs


def read_lines(path: Path, what: str) -> list[str]:
    """Return the lines of a list of people or pairs.

    Args:
        path: The file.
        what: Names what it must be.

    Raises:
        DataError: It is no regular file of text, or larger than any such list.
    """
    require_file(path)
    try:
        size = path.stat().st_size
        if size > _MOST_BYTES:
            raise DataError(
                f"{path} must be a {what} of at most {_MOST_BYTES / 1e6:,.0f} MB, but has "
                f"{size / 1e6:,.0f}"
            )
        return path.read_text(encoding="utf-8").splitlines()
    except UnicodeDecodeError as error:
        raise DataError(
            f"{path} must be a readable {what}, but is not UTF-8, at byte {error.start:,}"
        ) from error
    except OSError as error:
        raise DataError(f"{path} must be a readable {what}, but: {error.strerror}") from error


def _header(path: Path, line: str) -> tuple[int, int]:
    numbers = line.split()
    if len(numbers) == 2 and all(_is_number(number) for number in numbers):
        folds, each = int(numbers[0]), int(numbers[1])
        if folds >= 2 and each >= 1:
            return folds, each
    raise DataError(
        f"{path}, line 1, must have the number of folds (2 or more) and of pairs of each kind "
        f"in a fold, such as '10 300', but reads {_cut(line)!r}"
    )


def _pair(where: str, words: list[str], fold: int, *, same: bool) -> Pair:
    form = "PERSON NUMBER NUMBER" if same else "PERSON NUMBER PERSON NUMBER"
    if len(words) != len(form.split()):
        raise DataError(f"{where} must read '{form}', but reads {_cut(' '.join(words))!r}")
    person, other = _person(where, words[0]), _person(where, words[0] if same else words[2])
    first = Face(person, _image_number(where, words[1]))
    second = Face(other, _image_number(where, words[-1]))
    if same and first == second:
        raise DataError(f"{where} must have two images of {said(first.person)}, but has one twice")
    if not same and first.person == second.person:
        raise DataError(f"{where} must have two people, but has {said(first.person)} twice")
    return Pair(first, second, fold)


def _image_number(where: str, word: str) -> int:
    if not _is_number(word) or int(word) < 1:
        raise DataError(f"{where} must have image numbers of 1 or more, but has {_cut(word)!r}")
    return int(word)


def _person(where: str, name: str) -> str:
    """Return a name that is a folder's: a list of pairs must not lead to other files."""
    if "/" in name or "\0" in name or name in (".", ".."):
        raise DataError(
            f"{where} must name people by their folders, but has {_cut(name)!r}, which leads to "
            "another one"
        )
    return name


def _is_number(word: str) -> bool:
    return word.isdecimal() and len(word) <= _DIGITS


def _cut(text: str) -> str:
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"
