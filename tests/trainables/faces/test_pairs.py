"""LFW's pairs.txt: read as written, refused with the line where it is not."""

from __future__ import annotations

from pathlib import Path

import pytest

from incay.trainables.data.base import DataError
from incay.trainables.faces.pairs import Face, read_pairs

TEXT = "2\t1\nAnn_Lee\t1\t2\nAnn_Lee\t2\tBob\t10\nBob\t3\t4\nCy\t1\tBob\t3\n"


def write(folder: Path, text: str) -> Path:
    path = folder / "pairs.txt"
    path.write_text(text, encoding="utf-8")
    return path


def test_reads_folds_of_same_and_different_pairs(tmp_path: Path) -> None:
    pairs = read_pairs(write(tmp_path, TEXT + "\n\n"))
    assert [(pair.same, pair.fold) for pair in pairs] == [
        (True, 0),
        (False, 0),
        (True, 1),
        (False, 1),
    ]
    assert pairs[1].first == Face("Ann_Lee", 2)
    assert pairs[1].second == Face("Bob", 10)


def change(line: int, to: str) -> str:
    lines = TEXT.splitlines()
    lines[line - 1] = to
    return "\n".join(lines)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", r"line 1, must have the number of folds .* but reads ''"),
        (change(1, "ten 300"), "line 1, must have the number of folds"),
        (change(1, "1 2"), "line 1, must have the number of folds"),
        (change(1, "2 0"), "line 1, must have the number of folds"),
        (change(1, "300"), "line 1, must have the number of folds"),
        (change(1, "10 300"), r"must have 6000 pairs, .* but has 4"),
        (TEXT + "Cy 1 2\n", "must have 4 pairs, .* but has 5"),
        (change(2, "Ann_Lee 1 Bob 2"), "line 2, must read 'PERSON NUMBER NUMBER'"),
        (change(3, "Ann_Lee 1 2"), "line 3, must read 'PERSON NUMBER PERSON NUMBER'"),
        (change(3, ""), "line 3, must read 'PERSON NUMBER PERSON NUMBER', but reads ''"),
        (change(2, "Ann_Lee 1 x"), "line 2, must have image numbers of 1 or more, but has 'x'"),
        (change(2, "Ann_Lee 0 1"), "line 2, must have image numbers of 1 or more, but has '0'"),
        (change(2, "Ann_Lee 1 1"), "line 2, must have two images of Ann_Lee, but has one twice"),
        (change(5, "Bob 1 Bob 3"), "line 5, must have two people, but has Bob twice"),
    ],
)
def test_says_where_and_what(tmp_path: Path, text: str, message: str) -> None:
    path = write(tmp_path, text)
    with pytest.raises(DataError, match=message) as caught:
        read_pairs(path)
    assert str(path) in str(caught.value)


def test_a_missing_or_binary_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"nowhere\.txt must be a readable"):
        read_pairs(tmp_path / "nowhere.txt")
    path = tmp_path / "binary.txt"
    path.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(DataError, match=r"binary\.txt must be a readable"):
        read_pairs(path)


def test_orl_pairs(data_root: Path) -> None:
    pairs = read_pairs(data_root / "orl_faces" / "pairs.txt")
    assert len(pairs) == 800
    assert sum(pair.same for pair in pairs) == 400
    for fold in range(10):
        members = [pair for pair in pairs if pair.fold == fold]
        assert len(members) == 80
        assert sum(pair.same for pair in members) == 40


@pytest.mark.parametrize("name", ["../../secret", "a/b", "..", "."])
def test_a_name_leads_to_no_other_folder(tmp_path: Path, name: str) -> None:
    with pytest.raises(DataError, match="line 2, must name people by their folders"):
        read_pairs(write(tmp_path, change(2, f"{name} 1 2")))


@pytest.mark.parametrize("line", ["9" * 5000 + " 1", "10 " + "9" * 5000])
def test_numbers_without_end_are_refused(tmp_path: Path, line: str) -> None:
    with pytest.raises(DataError, match="line 1, must have the number of folds") as caught:
        read_pairs(write(tmp_path, change(1, line)))
    assert len(str(caught.value)) < 500


def test_a_list_without_end_is_not_read(tmp_path: Path) -> None:
    path = tmp_path / "pairs.txt"
    with path.open("wb") as file:
        file.truncate(10**12)
    with pytest.raises(DataError, match=r"must be a pairs\.txt of at most 100 MB"):
        read_pairs(path)
    path.unlink()
    path.symlink_to("/dev/zero")
    with pytest.raises(DataError, match="must be a regular file"):
        read_pairs(path)
