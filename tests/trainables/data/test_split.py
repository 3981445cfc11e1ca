"""The validation split: stratified, complete, and a function of its seed alone."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from incay.trainables.data.base import Split
from incay.trainables.training.batches import split_validation
from incay.trainables.training.settings import SplitSettings


def numbered(labels: list[int]) -> Split:
    """One image per label, whose pixels are its own number."""
    images = np.arange(len(labels), dtype=np.uint16).view(np.uint8).reshape(-1, 1, 1, 2)
    return Split(images, np.array(labels, np.int64))


def numbers(split: Split) -> list[int]:
    return np.ascontiguousarray(split.images).view(np.uint16).ravel().tolist()


LABELS = st.lists(st.integers(0, 4), min_size=1, max_size=60)


@given(labels=LABELS, share=st.floats(0.01, 0.5), seed=st.integers(0, 2**40))
def test_every_image_is_on_one_side_and_classes_keep_their_share(
    labels: list[int], share: float, seed: int
) -> None:
    whole = numbered(labels)
    train, validation = split_validation(whole, SplitSettings(validation=share, seed=seed))
    if validation is None:
        assert train is whole
        return
    assert sorted(numbers(train) + numbers(validation)) == list(range(len(labels)))
    for split in (train, validation):
        assert [labels[index] for index in numbers(split)] == split.labels.tolist()
        assert numbers(split) == sorted(numbers(split))
    for label in set(labels):
        held_out = int((validation.labels == label).sum())
        assert held_out == round(share * labels.count(label))


def test_nothing_is_held_out_by_default() -> None:
    whole = numbered([0, 1, 0, 1])
    assert split_validation(whole, SplitSettings()) == (whole, None)


def test_the_seed_decides() -> None:
    whole = numbered([index % 5 for index in range(200)])

    def held_out(seed: int) -> list[int]:
        _, validation = split_validation(whole, SplitSettings(validation=0.2, seed=seed))
        assert validation is not None
        return numbers(validation)

    assert held_out(3) == held_out(3)
    assert held_out(3) != held_out(4)


def test_other_classes_do_not_change_what_a_class_holds_out() -> None:
    settings = SplitSettings(validation=0.25, seed=1)
    _, both = split_validation(numbered([0] * 40 + [1] * 40), settings)
    _, alone = split_validation(numbered([0] * 40), settings)
    assert both is not None
    assert alone is not None
    assert [number for number in numbers(both) if number < 40] == numbers(alone)


@pytest.mark.parametrize("share", [-0.1, 0.6])
def test_shares_out_of_range_are_refused(share: float) -> None:
    with pytest.raises(ValueError, match=r"0 <= validation <= 0\.5 must hold"):
        SplitSettings(validation=share)
