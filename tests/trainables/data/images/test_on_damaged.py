"""Damaged and odd images: all named at once, or skipped and counted."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from incay.trainables.data import DataError, datasets
from incay.trainables.data.images.damage import DamageError
from incay.trainables.data.status import verify
from tests.trainables.data.data_cases import CASES, encode, pixels, write_parquet


def folder(**settings: object) -> object:
    return datasets["image_folder"](grey=True, **settings)  # type: ignore[call-arg]


@pytest.fixture
def damaged(tmp_path: Path) -> Path:
    """Four training and two test images of two classes each; three damaged ones and a pipe."""
    CASES["image_folder"].write(tmp_path)
    train, test = tmp_path / "images" / "train", tmp_path / "images" / "test"
    whole = (train / "owl" / "0.PNG").read_bytes()
    (train / "owl" / "0.PNG").write_bytes(whole[: len(whole) // 2])
    (train / "crow" / "2.PNG").write_bytes(b"")
    (test / "crow" / "1.PNG").write_text("no image")
    os.mkfifo(train / "owl" / "pipe.png")
    return tmp_path


def test_all_are_named_at_once(damaged: Path) -> None:
    with pytest.raises(DamageError) as caught:
        verify(folder(), damaged)
    texts = [problem.text for problem in caught.value.problems]
    assert len(texts) == 4
    for name in ("owl/pipe.png must be a regular file, but is a pipe", "owl/0.PNG", "crow/2.PNG"):
        assert any(name in text for text in texts)
    assert "and 1 more like these: `incay data verify` names all" in str(caught.value)


def test_what_can_be_seen_without_decoding_is_refused_by_a_plan(damaged: Path) -> None:
    with pytest.raises(DamageError, match=r"pipe\.png must be a regular file"):
        folder().content_hash(damaged)


def test_skipped_ones_are_counted(damaged: Path) -> None:
    dataset = folder(on_damaged="skip")
    for _ in range(2):  # decoded, and from the cache
        data = dataset.load(damaged)
        assert data.skipped == (3, 1)
        assert data.train.labels.tolist() == [0, 0, 0, 1, 1, 1]
        assert data.test is not None
        assert data.test.labels.tolist() == [0, 1, 1]
    expected = pixels(0, 4, (9, 8))[1:]
    np.testing.assert_array_equal(data.train.images[3:, 0], expected)
    content = verify(dataset, damaged)
    assert content.notes[0] == "skipped as damaged or odd: 3 training and 1 test images"


def test_no_class_is_skipped_whole(damaged: Path) -> None:
    for path in (damaged / "images" / "train" / "owl").glob("*.PNG"):
        path.write_bytes(b"")
    with pytest.raises(DataError, match="every class must keep a training image"):
        folder(on_damaged="skip").load(damaged)


def test_another_size_is_no_damage(damaged: Path) -> None:
    path = damaged / "images" / "train" / "owl" / "3.PNG"
    path.write_bytes(encode(pixels(0, 1, (9, 9))[0]))
    with pytest.raises(DataError, match="images must be of one size"):
        folder(on_damaged="skip").load(damaged)
    assert folder(on_damaged="skip", size=(9, 8)).load(damaged).skipped == (3, 1)


def test_rows_without_an_image_or_a_label_count_too(tmp_path: Path) -> None:
    write_parquet(tmp_path / "parquet/test.parquet", pixels(1, 6, (5, 5)))
    path = tmp_path / "parquet/train.parquet"
    write_parquet(path, pixels(0, 6, (5, 5)))
    table = pq.read_table(path).to_pylist()
    table[0]["image"] = None
    table[1]["label"] = None
    table[2]["image"]["bytes"] = b"no image"
    pq.write_table(pa.Table.from_pylist(table, pq.read_schema(path)), path)
    with pytest.raises(DamageError) as caught:
        datasets["parquet"]().load(tmp_path)
    assert [problem.text.partition("row ")[2][:1] for problem in caught.value.problems] == [*"012"]
    data = datasets["parquet"](on_damaged="skip").load(tmp_path)  # type: ignore[call-arg]
    assert data.skipped == (3, 0)
    assert data.train.labels.tolist() == [0, 1, 2]


def test_training_faces_may_be_skipped_and_those_of_pairs_not(tmp_path: Path) -> None:
    CASES["faces"].write(tmp_path)
    dataset = datasets["faces"](on_damaged="skip")  # type: ignore[call-arg]
    faces = tmp_path / "faces"
    (faces / "train/Ann/Ann_0001.png").write_bytes(b"")
    assert dataset.load(tmp_path).skipped == (1, 0)
    (faces / "test/Eve/Eve_0001.png").write_bytes(b"")
    with pytest.raises(DamageError, match=r"Eve_0001\.png must be a whole image"):
        dataset.load(tmp_path)


def test_settings_out_of_range_are_refused() -> None:
    for name in ("image_folder", "parquet", "faces"):
        with pytest.raises(ValueError, match=r"on_damaged in \{refuse, skip\} must hold"):
            datasets[name](on_damaged="ignore")  # type: ignore[call-arg]
