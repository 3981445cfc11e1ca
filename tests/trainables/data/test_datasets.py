"""What every registered data set guarantees, on small generated files."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from data_cases import CASES

from incay.testing import check_dataset
from incay.trainables.config import TrialConfig
from incay.trainables.data import DataError, datasets
from incay.trainables.data.base import DatasetSettings, ImageData
from incay.trainables.data.status import all_statuses, status, verify

NAMES = sorted(CASES)
OF_FILES = sorted(set(CASES) - {"digits"})


def data_files(root: Path) -> list[Path]:
    """Files that count: not the notes that lie beside images."""
    return sorted(path for path in root.rglob("*") if path.is_file() and path.name != "notes.txt")


def arrays(data: ImageData) -> list[np.ndarray]:
    found = [data.train.images, data.train.labels]
    if data.test is not None:
        found += [data.test.images, data.test.labels]
    if data.verification is not None:
        found.append(data.verification.images)
    return found


def test_every_registered_data_set_has_a_case() -> None:
    assert set(CASES) == set(datasets)


@pytest.mark.parametrize("name", NAMES)
def test_holds_what_was_written(name: str, tmp_path: Path) -> None:
    case = CASES[name]
    dataset = case.write(tmp_path)
    data = dataset.load(tmp_path)
    assert data.image_shape == case.image_shape
    assert data.num_classes == case.num_classes
    assert dataset.horizontal_flip == case.flips
    assert len(data.train.labels) == case.counts[0]
    for array in arrays(data):
        assert array.dtype in (np.uint8, np.int64)
        assert array.flags.c_contiguous
    content = verify(dataset, tmp_path)
    assert (content.train_count, content.test_count) == case.counts
    assert content.image_shape == case.image_shape
    assert content.num_classes == case.num_classes
    published = dataset.published_counts
    assert bool(content.warnings) == (published is not None and published != case.counts)


@pytest.mark.parametrize("name", NAMES)
def test_keeps_what_every_data_set_must_keep(name: str, tmp_path: Path) -> None:
    dataset = CASES[name].write(tmp_path)
    check_dataset(dataset, tmp_path if name in OF_FILES else None)


@pytest.mark.parametrize("name", NAMES)
def test_loading_again_gives_the_same(name: str, tmp_path: Path) -> None:
    dataset = CASES[name].write(tmp_path)
    first, second = dataset.load(tmp_path), dataset.load(tmp_path)
    for a, b in zip(arrays(first), arrays(second), strict=True):
        np.testing.assert_array_equal(a, b)
    assert first.class_names == second.class_names


@pytest.mark.parametrize("name", NAMES)
def test_hash_depends_on_content_and_not_on_the_place(name: str, tmp_path: Path) -> None:
    here, there = tmp_path / "here", tmp_path / "there"
    here.mkdir()
    dataset = CASES[name].write(here)
    shutil.copytree(here, there)
    assert dataset.content_hash(here) == dataset.content_hash(there)
    for path in data_files(there):
        original = path.read_bytes()
        path.write_bytes(original + b"\n")
        assert dataset.content_hash(here) != dataset.content_hash(there), path
        path.write_bytes(original)
    assert dataset.content_hash(here) == dataset.content_hash(there)


@pytest.mark.parametrize("keep", [0.0, 0.5], ids=["empty", "half"])
@pytest.mark.parametrize("name", OF_FILES)
def test_a_damaged_file_is_named(name: str, keep: float, tmp_path: Path) -> None:
    dataset = CASES[name].write(tmp_path)
    for path in data_files(tmp_path):
        original = path.read_bytes()
        path.write_bytes(original[: int(keep * len(original))])
        if "people" in path.name and keep:
            # Half a list is a list of fewer people.
            path.write_text("Nobody\n")
        with pytest.raises(DataError, match="must") as caught:
            dataset.load(tmp_path)
        assert path.name in str(caught.value)
        path.write_bytes(original)
    dataset.load(tmp_path)


@pytest.mark.parametrize("name", OF_FILES)
def test_a_missing_file_is_named_or_how_to_obtain_it(name: str, tmp_path: Path) -> None:
    dataset = CASES[name].write(tmp_path)
    for path in data_files(tmp_path):
        if {"train", "images"} & set(path.parts):
            continue  # a class may have fewer images
        content = path.read_bytes()
        path.unlink()
        with pytest.raises(DataError) as caught:
            dataset.load(tmp_path)
        message = str(caught.value)
        assert path.stem in message or dataset.how_to_obtain in message
        assert not status(dataset, tmp_path).found
        path.write_bytes(content)


@pytest.mark.parametrize("name", OF_FILES)
def test_without_files_the_error_says_how_to_obtain_them(name: str, tmp_path: Path) -> None:
    dataset = datasets[name]()
    assert dataset.how_to_obtain
    with pytest.raises(DataError) as caught:
        dataset.load(tmp_path)
    assert dataset.how_to_obtain in str(caught.value)
    assert name in str(caught.value)
    for root, message in (
        (None, "needs a data root"),
        (tmp_path / "nowhere", "does not exist"),
    ):
        with pytest.raises(DataError, match=message):
            dataset.content_hash(root)


@pytest.mark.parametrize("name", NAMES)
def test_settings_survive_json(name: str, tmp_path: Path) -> None:
    config = TrialConfig(dataset=CASES[name].write(tmp_path))
    assert TrialConfig.from_dict(json.loads(config.canonical_json())) == config


@pytest.mark.parametrize("name", NAMES)
def test_every_data_set_says_where_it_comes_from(name: str) -> None:
    assert datasets[name].citation
    assert datasets[name].how_to_obtain


def test_status_of_all_names_what_is_there(tmp_path: Path) -> None:
    CASES["mnist"].write(tmp_path)
    found = {item.name: item for item in all_statuses(tmp_path)}
    assert set(found) == set(datasets)
    assert {name for name, item in found.items() if item.found} == {"mnist", "digits"}
    assert found["mnist"].content_hash == datasets["mnist"]().content_hash(tmp_path)
    assert found["mnist"].problem == ""
    assert "cifar10" in found["cifar10"].problem
    assert all(not item.found or item.name == "digits" for item in all_statuses(None))


def test_a_set_that_cannot_be_fetched_says_how_to_obtain_it(tmp_path: Path) -> None:
    dataset: DatasetSettings = datasets["orl_faces"]()
    with pytest.raises(DataError, match="cannot be fetched") as caught:
        dataset.fetch(tmp_path)
    assert dataset.how_to_obtain in str(caught.value)
