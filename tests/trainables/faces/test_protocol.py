"""The 10-fold protocol against loops, and cases whose answer is known."""

from __future__ import annotations

import math

import naive_faces as naive
import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from incay.trainables.faces import protocol
from incay.trainables.faces.protocol import best_threshold, cosine, cross_validate

Ints = npt.NDArray[np.int64]


def draw_pairs(
    seed: int, *, images: int, dimension: int, folds: int, each: int
) -> tuple[npt.NDArray[np.float64], Ints, Ints, npt.NDArray[np.bool_], Ints]:
    """Random features and pairs; same pairs are more alike."""
    draw = np.random.default_rng(seed)
    people = draw.integers(0, images // 3, images)
    features = draw.normal(size=(images // 3, dimension))[people]
    features = features + draw.normal(size=features.shape) + 3.0
    count = folds * each
    first = draw.integers(0, images, count)
    # Never an image with itself: whether its cosine exceeds 1 is a matter of rounding.
    second = (first + draw.integers(1, images, count)) % images
    return features, first, second, people[first] == people[second], np.arange(count) // each


@settings(deadline=None, max_examples=25)
@given(seed=st.integers(0, 2**32), dimension=st.integers(2, 6), folds=st.integers(2, 5))
def test_equals_the_loops(seed: int, dimension: int, folds: int) -> None:
    features, first, second, same, fold = draw_pairs(
        seed, images=12, dimension=dimension, folds=folds, each=6
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(protocol, "THRESHOLD_STEPS", 50)  # the loops are slow
        patch.setattr(protocol, "CHUNK", 5)
        found = cross_validate(features, first, second, same, fold)
    pairs = [
        (int(a), int(b), bool(s), int(f))
        for a, b, s, f in zip(first, second, same, fold, strict=True)
    ]
    expected = naive.fold_accuracies(features.tolist(), pairs, 50)
    np.testing.assert_allclose(found.accuracies_F, expected, rtol=1e-12)
    assert found.accuracy == pytest.approx(np.mean(expected))
    assert found.standard_error == pytest.approx(np.std(expected, ddof=1) / math.sqrt(folds))


def perfect() -> tuple[npt.NDArray[np.float64], Ints, Ints, npt.NDArray[np.bool_], Ints]:
    """Two people in opposite directions; in each of 10 folds one same and one different pair."""
    features = np.array([[1.0, 0.0], [2.0, 0.0], [-1.0, 0.0], [-3.0, 0.0]])
    first = np.array([0, 0] * 10)
    second = np.array([1, 2] * 10)
    return features, first, second, np.array([True, False] * 10), np.arange(20) // 2


def test_perfect_features_are_judged_perfectly() -> None:
    found = cross_validate(*perfect())
    assert found.accuracy == 1.0
    assert found.standard_error == 0.0
    # Every threshold of [-1, 1) is best, and their mean is taken.
    np.testing.assert_allclose(found.thresholds_F, -0.5 * 1e-4, atol=1e-12)


def test_features_that_are_all_equal_are_judged_by_chance() -> None:
    features, *pairs = perfect()
    found = cross_validate(np.ones_like(features), *pairs)
    assert not found.scores_P.any()
    assert found.accuracy == 0.5


def test_random_features_are_judged_about_by_chance() -> None:
    draw = np.random.default_rng(0)
    features = draw.normal(size=(400, 16))
    first, second = draw.integers(0, 400, (2, 4000))
    same = np.arange(4000) % 2 == 0
    found = cross_validate(features, first, second, same, np.arange(4000) // 400)
    assert abs(found.accuracy - 0.5) < 4 * max(found.standard_error, 0.01)


def test_the_tested_fold_has_no_part_in_mean_and_threshold() -> None:
    features, first, second, same, fold = draw_pairs(1, images=30, dimension=4, folds=3, each=10)
    whole = cross_validate(features, first, second, same, fold)
    flipped = np.where(fold == 2, ~same, same)
    changed = cross_validate(features, first, second, flipped, fold)
    assert changed.thresholds_F[2] == whole.thresholds_F[2]
    assert changed.accuracies_F[2] == pytest.approx(1.0 - whole.accuracies_F[2])


def test_a_score_at_the_threshold_is_judged_different() -> None:
    scores, same = np.array([0.5, 0.5]), np.array([True, False])
    assert best_threshold(scores, same) == pytest.approx(0.0, abs=1e-4)
    only_above = best_threshold(np.array([0.3]), np.array([True]))
    assert only_above == pytest.approx((-1.0 + 0.2999) / 2)


def test_cosine_of_a_feature_at_the_mean_is_0() -> None:
    features = np.array([[1.0, 1.0], [2.0, 1.0]])
    scores = cosine(features, np.array([0]), np.array([1]), np.array([1.0, 1.0]))
    assert scores.tolist() == [0.0]


def test_scaling_all_features_changes_nothing() -> None:
    features, *pairs = draw_pairs(2, images=30, dimension=4, folds=3, each=10)
    a, b = cross_validate(features, *pairs), cross_validate(4.0 * features, *pairs)
    np.testing.assert_array_equal(a.scores_P, b.scores_P)


def test_one_fold_is_refused() -> None:
    features, first, second, same, fold = perfect()
    with pytest.raises(ValueError, match="2 folds or more"):
        cross_validate(features, first, second, same, np.zeros_like(fold))
