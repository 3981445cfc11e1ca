"""Parquet in the Hugging Face layout: shards, columns, class names, and what is refused."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from data_cases import pixels, write_parquet

from incay.trainables.data import DataError, datasets
from incay.trainables.data.images.hf_parquet import ParquetColumns, read_split
from incay.trainables.data.images.shards import find_shards


def write(root: Path, name: str, **settings: object) -> Path:
    path = root / f"{name}.parquet"
    write_parquet(path, pixels(0, 4, (3, 3)), **settings)  # type: ignore[arg-type]
    return path


def test_shards_are_read_in_order(tmp_path: Path) -> None:
    for index in (2, 0, 1):
        name = f"train-{index:05d}-of-00003"
        write_parquet(tmp_path / f"{name}.parquet", pixels(index, 2, (3, 3)), [index] * 2)
    shards = find_shards([tmp_path / "nowhere", tmp_path], "train")
    split = read_split(shards, ParquetColumns())
    assert split.labels.tolist() == [0, 0, 1, 1, 2, 2]
    assert split.class_names is None


def test_one_file_may_stand_for_a_split(tmp_path: Path) -> None:
    path = write(tmp_path, "train")
    assert find_shards([tmp_path], "train") == [path]
    assert find_shards([tmp_path], "test") == []


@pytest.mark.parametrize(
    ("names", "message"),
    [
        (["train-00000-of-00002"], r"train-00001-of-00002\.parquet is missing"),
        (["train-00001-of-00002"], r"train-00000-of-00002\.parquet is missing"),
        (["train-00000-of-00001", "train-00000-of-00002"], r"00002\.parquet is there as well"),
    ],
)
def test_announced_shards_must_all_be_there(tmp_path: Path, names: list[str], message: str) -> None:
    for name in names:
        write(tmp_path, name)
    with pytest.raises(DataError, match=message):
        find_shards([tmp_path], "train")


@pytest.mark.parametrize("columns", [("image", "label"), ("img", "fine_label"), ("img", "labels")])
def test_usual_columns_are_found(tmp_path: Path, columns: tuple[str, str]) -> None:
    path = write(tmp_path, "train", columns=columns)
    assert read_split([path], ParquetColumns()).labels.tolist() == [0, 1, 2, 0]


def test_columns_can_be_named(tmp_path: Path) -> None:
    path = write(tmp_path, "train", columns=("photo", "species"))
    with pytest.raises(DataError, match=r"must have one of the columns image, img"):
        read_split([path], ParquetColumns())
    with pytest.raises(DataError, match="must have the label column 'kind', but has"):
        read_split([path], ParquetColumns("photo", "kind"))
    assert len(read_split([path], ParquetColumns("photo", "species")).images) == 4


def test_several_label_columns_must_be_decided(tmp_path: Path) -> None:
    path = write(tmp_path, "train")
    table = pq.read_table(path)
    pq.write_table(table.append_column("fine_label", table["label"]), path)
    with pytest.raises(DataError, match="or `label_column` must be set"):
        read_split([path], ParquetColumns())


def test_class_names_come_from_the_metadata(tmp_path: Path) -> None:
    path = write(tmp_path, "train", names=["owl", "crow", "gull"])
    assert read_split([path], ParquetColumns()).class_names == ("owl", "crow", "gull")


@pytest.mark.parametrize("metadata", [b"not json", b"{}", b'{"info": {"features": {"label": 3}}}'])
def test_other_metadata_are_passed_over(tmp_path: Path, metadata: bytes) -> None:
    path = write(tmp_path, "train")
    table = pq.read_table(path).replace_schema_metadata({b"huggingface": metadata})
    pq.write_table(table, path)
    assert read_split([path], ParquetColumns()).class_names is None


IMAGE = pa.struct([("bytes", pa.binary()), ("path", pa.string())])


@pytest.mark.parametrize(
    ("image", "label", "message"),
    [
        (pa.array(["a.png"]), pa.array([0]), "must be struct<bytes: binary"),
        (pa.array([{"path": "a"}]), pa.array([0]), "must be struct<bytes: binary"),
        (pa.array([{"bytes": b"", "path": ""}], IMAGE), pa.array(["owl"]), "must hold integers"),
        (pa.array([{"bytes": b"", "path": ""}], IMAGE), pa.array([0.5]), "must hold integers"),
        (pa.array([{"bytes": None, "path": ""}], IMAGE), pa.array([0]), "row 0 must hold an image"),
        (pa.array([None], IMAGE), pa.array([0]), "row 0 must hold an image"),
        (
            pa.array([{"bytes": b"", "path": ""}], IMAGE),
            pa.array([None], pa.int64()),
            "must have a label in every row",
        ),
    ],
)
def test_other_values_are_refused(
    tmp_path: Path, image: pa.Array, label: pa.Array, message: str
) -> None:
    path = tmp_path / "train.parquet"
    pq.write_table(pa.table({"image": image, "label": label}), path)
    with pytest.raises(DataError, match=message) as caught:
        read_split([path], ParquetColumns())
    assert str(path) in str(caught.value)


def test_an_empty_split_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "train.parquet"
    pq.write_table(
        pa.table({"image": pa.array([], IMAGE), "label": pa.array([], pa.int64())}), path
    )
    with pytest.raises(DataError, match=r"train\.parquet must hold an image or more"):
        read_split([path], ParquetColumns())


def test_labels_outside_the_class_names_are_refused(tmp_path: Path) -> None:
    write_parquet(tmp_path / "birds/train.parquet", pixels(0, 4, (3, 3)), names=["owl", "crow"])
    write_parquet(tmp_path / "birds/test.parquet", pixels(0, 4, (3, 3)))
    with pytest.raises(DataError, match=r"train labels must lie in \[0, 2\)"):
        datasets["parquet"](folder="birds").load(tmp_path)  # type: ignore[call-arg]


def test_settings_choose_splits_size_and_colour(tmp_path: Path) -> None:
    for seed, name in enumerate(("fit", "validation")):
        write_parquet(tmp_path / f"birds/{name}.parquet", pixels(seed, 4, (3, 3, 3)))
    data = datasets["parquet"](
        folder="birds", train_split="fit", test_split="validation", grey=True, size=(6, 5)
    ).load(tmp_path)  # type: ignore[call-arg]
    assert data.image_shape == (1, 6, 5)
    assert data.class_names == ("0", "1", "2")
    assert data.test is not None
    np.testing.assert_array_equal(data.test.labels, [0, 1, 2, 0])


@pytest.mark.parametrize("settings", [{"folder": ""}, {"size": (0, 4)}, {"size": (10**6, 10**6)}])
def test_settings_out_of_range_are_refused(settings: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=f"{next(iter(settings))} must"):
        datasets["parquet"](**settings)  # type: ignore[arg-type]


def test_a_browsers_copy_of_a_shard_is_refused(tmp_path: Path) -> None:
    path = write(tmp_path, "train-00000-of-00001")
    copy = path.with_name("train-00000-of-00001 (1).parquet")
    copy.write_bytes(path.read_bytes())
    with pytest.raises(DataError, match=r"00001 \(1\)\.parquet is there as well"):
        find_shards([tmp_path], "train")


def test_a_split_lies_in_one_place(tmp_path: Path) -> None:
    write(tmp_path, "train")
    write(tmp_path, "train-00000-of-00001")
    with pytest.raises(DataError, match=r"must have train\.parquet or train-\*\.parquet"):
        find_shards([tmp_path], "train")
    write(tmp_path / "a", "test")
    write(tmp_path / "b", "test-00000-of-00001")
    with pytest.raises(DataError, match="one folder must hold the files of split 'test'"):
        find_shards([tmp_path / "a", tmp_path / "b"], "test")


def test_a_copy_under_another_name_is_refused(tmp_path: Path) -> None:
    for name in ("train-a", "train-b"):
        write(tmp_path / "birds", name)
    write_parquet(tmp_path / "birds" / "test.parquet", pixels(5, 4, (3, 3)))
    with pytest.raises(DataError, match=r"train-b\.parquet holds what .*train-a\.parquet holds"):
        datasets["parquet"](folder="birds").content_hash(tmp_path)  # type: ignore[call-arg]


@pytest.mark.parametrize(
    ("kind", "value"), [(pa.string(), "/etc/passwd"), (pa.list_(pa.uint8()), [1, 2])]
)
def test_a_column_of_bytes_holds_bytes(tmp_path: Path, kind: pa.DataType, value: object) -> None:
    """What a string names must never be opened."""
    for split in ("train", "test"):
        image = pa.array([{"bytes": value, "path": "/etc/passwd"}], pa.struct([("bytes", kind)]))
        pq.write_table(
            pa.table({"image": image, "label": pa.array([0])}), tmp_path / f"{split}.parquet"
        )
    with pytest.raises(DataError, match="must be struct<bytes: binary") as caught:
        datasets["parquet"](folder=".").load(tmp_path)  # type: ignore[call-arg]
    assert "train.parquet" in str(caught.value)
    assert "test.parquet" in str(caught.value)


def test_a_path_that_a_row_names_is_not_opened(tmp_path: Path) -> None:
    there = tmp_path / "there.png"
    there.write_bytes(b"secret")
    path = tmp_path / "train.parquet"
    image = pa.array([{"bytes": None, "path": str(there)}], IMAGE)
    pq.write_table(pa.table({"image": image, "label": pa.array([0])}), path)
    with pytest.raises(DataError, match="row 0 must hold an image's bytes"):
        read_split([path], ParquetColumns())


def test_labels_too_large_for_a_number_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "train.parquet"
    image = pa.array([{"bytes": b"", "path": ""}], IMAGE)
    pq.write_table(pa.table({"image": image, "label": pa.array([2**63], pa.uint64())}), path)
    message = (
        r"'label' of .*train\.parquet must hold labels of at most .* holds 9223372036854775808"
    )
    with pytest.raises(DataError, match=message):
        read_split([path], ParquetColumns())


@pytest.mark.parametrize(
    ("names", "message"),
    [
        (["train-0-of-2"], "train-1-of-2.parquet is missing"),
        (["train-1-of-2"], "train-0-of-2.parquet is missing"),
        (["train-2-of-2"], "train-1-of-2.parquet is missing"),
        (["train-000-of-002"], "train-001-of-002.parquet is missing"),
        (["train-00000-of-00002-ab12"], "train-00001-of-00002.parquet is missing"),
        (["train-00001-of-00002.snappy"], "train-00000-of-00002.parquet is missing"),
        (["train-0-of-999999999999"], "train-000000000001-of-999999999999.parquet is missing"),
        (["train-0-of-1", "train-0-of-2"], "train-0-of-2.parquet is there as well"),
        (["train-0-of-1", "train-00-of-01"], "train-00-of-01.parquet is there as well"),
        (["train-0-of-1-ab", "train-0-of-1-cd"], "train-0-of-1-cd.parquet is there as well"),
        (["train-0-of-1", "train-more"], "train-more.parquet is there as well"),
        (["train-0-of-1", "train-extra-0-of-1"], "train-extra-0-of-1.parquet is there as well"),
        (["train-0-of-0"], "train-0-of-0.parquet is there as well"),
        (["train-0", "train-2"], "train-1.parquet is missing"),
        (["train-0008", "train-0010"], "train-0009.parquet is missing"),
    ],
)
def test_every_shape_of_name_counts(tmp_path: Path, names: list[str], message: str) -> None:
    for name in names:
        (tmp_path / f"{name}.parquet").touch()
    with pytest.raises(DataError) as caught:
        find_shards([tmp_path], "train")
    assert message.replace("-000000000001-", "-1-") in str(caught.value)


@pytest.mark.parametrize(
    "names",
    [
        [f"train-{index}-of-12" for index in range(12)],
        [f"train-{index}-of-12" for index in range(1, 13)],
        [f"train-{index:03d}-of-002-{index}abc" for index in range(2)],
        [f"train-{index}" for index in range(12)],
        ["train-2023", "train-2024"],
        ["train-a", "train-b"],
        ["train-0-of-1"],
    ],
)
def test_shards_are_in_order_of_their_numbers(tmp_path: Path, names: list[str]) -> None:
    for name in names:
        (tmp_path / f"{name}.parquet").touch()
    assert [path.stem for path in find_shards([tmp_path], "train")] == names


def test_a_pipe_in_place_of_a_file_is_not_opened(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)  # what is said is cut where a path is long
    os.mkfifo(tmp_path / "train.parquet")
    for name in ("train", "gone"):
        with pytest.raises(DataError, match=r"must be a regular file|No such file"):
            read_split([Path(f"{name}.parquet")], ParquetColumns())
    assert find_shards([tmp_path], "train") == [tmp_path / "train.parquet"]


def test_what_unpacks_to_too_much_is_refused(tmp_path: Path) -> None:
    """One image many times: a dictionary of it takes a few bytes a row."""
    path = tmp_path / "train.parquet"
    image = pa.array([{"bytes": bytes(10**6), "path": ""}] * 300, IMAGE)
    pq.write_table(pa.table({"image": image, "label": pa.array([0] * 300)}), path)
    assert path.stat().st_size < 10**5
    with pytest.raises(DataError, match=r"at most 256 MB \(INCAY_MAX_UNPACKED_MB raises it\)"):
        read_split([path], ParquetColumns())


def test_the_limit_is_raised(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write(tmp_path, "train")
    table = pa.concat_tables([pq.read_table(path)] * 5000)
    pq.write_table(table, path)
    monkeypatch.setenv("INCAY_MAX_UNPACKED_MB", "1")
    with pytest.raises(DataError, match="INCAY_MAX_UNPACKED_MB"):
        read_split([path], ParquetColumns())
    monkeypatch.setenv("INCAY_MAX_UNPACKED_MB", "20")
    assert len(read_split([path], ParquetColumns()).images) == 20_000
