"""What lies beside the splits of a user's own set is named, all of it by `incay data verify`."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from incay.study.planning.data_catalog import DataCatalog
from incay.trainables.data.inspection.beside import all_unread, unread_line
from tests.study.in_process import incay
from tests.trainables.data.data_cases import CASES, encode, pixels, write_parquet

ODD = {
    "val": "a folder with images",
    "old": "a folder with Parquet files",
    "more": "a folder",
    "images.zip": "an archive, which is not opened",
    "lost.png": "an image of no split",
    "validation.parquet": "a Parquet file of no split that is asked for",
    "pipe": "a pipe",
    "gone": "a link to nothing",
    "numbers.bin": "no image",
}
EXPECTED = {
    ".DS_Store": "hidden",
    ".git": "hidden",
    "Thumbs.db": "no image",
    "README": "no image",
    "LICENSE.rst": "no image",
    "dataset_infos.json": "no image",
}


def fill(folder: Path) -> None:
    (folder / "val" / "owl").mkdir(parents=True)
    (folder / "val" / "owl" / "0.png").write_bytes(encode(pixels(0, 1, (9, 8))[0]))
    write_parquet(folder / "old" / "x.parquet", pixels(0, 4, (9, 8)))
    write_parquet(folder / "validation.parquet", pixels(0, 4, (9, 8)))
    (folder / "more").mkdir()
    (folder / ".git").mkdir()
    (folder / "lost.png").write_bytes(encode(pixels(0, 1, (9, 8))[0]))
    os.mkfifo(folder / "pipe")
    (folder / "gone").symlink_to("nowhere")
    for name in ("images.zip", "numbers.bin", *(set(EXPECTED) - {".git"})):
        (folder / name).write_bytes(b"\0")


@pytest.mark.parametrize(
    ("name", "folder"),
    [
        ("image_folder", "images"),
        ("faces", "faces"),
        ("parquet", "birds"),
        ("parquet", "birds/data"),
    ],
)
def test_all_of_it_is_named(name: str, folder: str, tmp_path: Path) -> None:
    dataset = CASES[name].write(tmp_path)
    assert unread_line(dataset, tmp_path) == ""
    fill(tmp_path / folder)
    said = list(all_unread(dataset, tmp_path))
    for entry, what in (ODD | EXPECTED).items():
        assert f"{tmp_path / folder / entry} is not read: {what}" in said
    catalog = DataCatalog(tmp_path)
    catalog.load(dataset)
    (line,) = [note for note in catalog.notes if "not read, though in" in note]
    assert f"and {len(ODD) - 3} more; `incay data verify` names all" in line
    assert "old (a folder with Parquet files), val (a folder with images)" in line
    for entry in EXPECTED:
        assert entry not in line


def test_within_a_class_too(tmp_path: Path) -> None:
    dataset = CASES["image_folder"].write(tmp_path)
    archive = tmp_path / "images" / "train" / "owl" / "more.tar"
    archive.write_bytes(b"\0")
    said = list(all_unread(dataset, tmp_path))
    assert f"{archive} is not read: an archive, which is not opened" in said
    assert sum("notes.txt is not read: no image" in line for line in said) == 4


@pytest.mark.parametrize("damaged", [False, True])
def test_verify_names_it_be_the_set_whole_or_damaged(damaged: bool, tmp_path: Path) -> None:
    CASES["image_folder"].write(tmp_path)
    fill(tmp_path / "images")
    if damaged:
        (tmp_path / "images" / "train" / "owl" / "0.PNG").write_bytes(b"")
    result = incay(
        *("data", "verify", "image_folder", "--data-root", str(tmp_path)),
        *("--set", "dataset.grey=true"),
    )
    assert result.code == (2 if damaged else 0)
    for entry, what in ODD.items():
        assert f"{entry} is not read: {what}" in result.out
    assert ("0.PNG must be a whole image" in result.err) == damaged
