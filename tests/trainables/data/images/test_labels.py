"""Labels of any numbers become 0 … K−1, or are refused."""

from __future__ import annotations

import numpy as np
import pytest

from incay.trainables.data import DataError
from incay.trainables.data.images.labels import number_labels


@pytest.mark.parametrize("classes", [(1, 2, 3), (0, 5, 900), (77, 100123, 250000001)])
def test_classes_are_counted_from_0_in_order_of_their_numbers(classes: tuple[int, ...]) -> None:
    stored = np.array([*classes[::-1], *classes])
    numbered = number_labels(stored, stored[:2], None)
    assert numbered.train.tolist() == [2, 1, 0, 0, 1, 2]
    assert numbered.test.tolist() == [2, 1]
    assert numbered.class_names == tuple(map(str, classes))
    assert f"{classes[0]}, {classes[1]}, {classes[2]} became the classes 0 to 2" in numbered.note


def test_labels_that_count_already_are_kept_without_a_word() -> None:
    labels = np.array([1, 0, 2])
    numbered = number_labels(labels, labels, None)
    np.testing.assert_array_equal(numbered.train, labels)
    assert numbered.class_names == ("0", "1", "2")
    assert numbered.note == ""


def test_many_classes_are_told_in_short() -> None:
    labels = 10 * np.arange(1000)
    assert "and 995 more became the classes 0 to 999" in number_labels(labels, labels, None).note


@pytest.mark.parametrize(
    ("train", "test", "names", "message"),
    [
        ([0, -1], [0], None, "training labels must be 0 or more, but 1 are negative"),
        ([0, 1], [-1, -1], None, "test labels must be 0 or more, but 2 are negative"),
        ([0, 1], [2], None, "must occur in the training split, but 2 does not"),
        ([0, 5], [1, 4], None, "must occur in the training split, but 1, 4 do not"),
        ([0, 2], [0], ("a", "b"), r"train labels must lie in \[0, 2\)"),
    ],
)
def test_labels_of_no_class_are_refused(
    train: list[int], test: list[int], names: tuple[str, ...] | None, message: str
) -> None:
    with pytest.raises(DataError, match=message):
        number_labels(np.array(train), np.array(test), names)
