"""Faces: who is trained on, who is tested, and that nobody is both."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from data_cases import CASES, PAIRS, encode, pixels, write_people

from incay.trainables.data import DataError
from incay.trainables.data.faces import ORLFacesSettings
from incay.trainables.faces.verification import FaceVerification


@pytest.fixture
def root(tmp_path: Path) -> Path:
    CASES["orl_faces"].write(tmp_path)
    return tmp_path


def orl(**settings: object) -> ORLFacesSettings:
    return ORLFacesSettings(**settings)  # type: ignore[arg-type]


def test_training_classes_are_the_training_people(root: Path) -> None:
    data = orl().load(root)
    assert data.class_names == ("Ann", "Bob", "Cy")
    assert data.test is None
    np.testing.assert_array_equal(data.train.labels, np.repeat([0, 1, 2], 4))


def test_pixels_are_normalised_as_sphereface_has_it(root: Path) -> None:
    data = orl().load(root)
    assert (data.mean, data.scale) == (127.5, 1 / 128)


def test_pairs_point_at_their_images(root: Path) -> None:
    data = orl(size=(14, 12)).load(root)  # as they are stored
    faces = data.verification
    assert isinstance(faces, FaceVerification)
    eve, flo = pixels(0, 2, (14, 12)), pixels(1, 2, (14, 12))
    expected = [(eve[0], eve[1]), (eve[0], flo[1]), (flo[0], flo[1]), (flo[0], eve[1])]
    for index, (first, second) in enumerate(expected):
        np.testing.assert_array_equal(faces.images[faces.first[index], 0], first)
        np.testing.assert_array_equal(faces.images[faces.second[index], 2], second)
    assert faces.same.tolist() == [True, False, True, False]
    assert faces.fold.tolist() == [0, 0, 1, 1]


def test_nobody_is_both_trained_and_tested_on(root: Path) -> None:
    (root / "orl_faces" / "train_people.txt").write_text("Ann\nEve\n")
    with pytest.raises(DataError, match="nobody must be both trained and tested on, but Eve"):
        orl().load(root)
    with pytest.raises(DataError, match=r"nobody must be both .* but Eve and 1 other break that"):
        orl(train_people="").load(root)


def test_pairs_show_test_people_only(root: Path) -> None:
    (root / "orl_faces" / "test_people.txt").write_text("Eve\n")
    with pytest.raises(DataError, match=r"people in .*pairs\.txt must be named in .*but Flo"):
        orl().load(root)
    orl(test_people="").load(root)


def test_people_to_train_on_must_have_a_folder(root: Path) -> None:
    (root / "orl_faces" / "train_people.txt").write_text("Ann\nZoe\n")
    with pytest.raises(DataError, match=r"train_people\.txt must have a folder .*but Zoe"):
        orl().load(root)


def test_images_of_pairs_may_be_jpg(root: Path) -> None:
    folder = root / "orl_faces" / "images" / "Eve"
    (folder / "Eve_0001.png").unlink()
    with pytest.raises(DataError, match=r"Eve_0001\.jpg \(or \.png\) must be there"):
        orl().load(root)
    (folder / "Eve_0001.jpg").write_bytes(encode(pixels(0, 1, (14, 12))[0], "JPEG"))
    orl().load(root)


def test_images_that_nobody_uses_do_not_count(root: Path) -> None:
    before = orl().content_hash(root)
    write_people(root / "orl_faces" / "images", ["Zoe"], 2)
    assert orl().content_hash(root) == before


def test_images_of_one_person_under_another_name_count(root: Path) -> None:
    before = orl().content_hash(root)
    images = root / "orl_faces" / "images"
    for a, b, c in (("Ann", "Cy", "Tmp"), ("Bob", "Ann", "Tmp2")):
        (images / a).rename(images / c)
        (images / b).rename(images / a)
        (images / c).rename(images / b)
    assert orl().content_hash(root) != before


def test_two_folds_at_least(root: Path) -> None:
    (root / "orl_faces" / "pairs.txt").write_text(PAIRS.replace("2 1\n", "1 2\n", 1))
    with pytest.raises(DataError, match="number of folds"):
        orl().load(root)


def test_size_out_of_range_is_refused() -> None:
    with pytest.raises(ValueError, match="size must have sides of 1 pixel or more, but is 0×96"):
        orl(size=(0, 96))
