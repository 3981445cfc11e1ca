"""ROC curve, AUC, EER and TAR@FAR against loops and scikit-learn, and known cases."""

from __future__ import annotations

import naive_faces as naive
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from incay.trainables.faces.roc import roc_curve

# Few different values, so that there are ties.
SCORES = st.lists(st.tuples(st.integers(-3, 3), st.booleans()), min_size=2, max_size=40).filter(
    lambda items: len({same for _, same in items}) == 2
)


@given(items=SCORES)
def test_equals_the_loops(items: list[tuple[int, bool]]) -> None:
    scores = [score / 3 for score, _ in items]
    same = [flag for _, flag in items]
    curve = roc_curve(np.array(scores), np.array(same))
    assert curve.auc == pytest.approx(naive.auc(scores, same))
    for far in (0.0, 1e-3, 0.1, 0.5, 1.0):
        assert curve.tar_at(far) == pytest.approx(naive.tar_at(scores, same, far))


@given(items=SCORES)
def test_curve_rises_from_corner_to_corner(items: list[tuple[int, bool]]) -> None:
    curve = roc_curve(np.array([float(s) for s, _ in items]), np.array([f for _, f in items]))
    assert (curve.far[0], curve.tar[0]) == (0.0, 0.0)
    assert (curve.far[-1], curve.tar[-1]) == (1.0, 1.0)
    assert (np.diff(curve.far) >= 0).all()
    assert (np.diff(curve.tar) >= 0).all()
    assert 0.0 <= curve.eer <= 1.0


def test_equals_scikit_learn() -> None:
    from sklearn.metrics import roc_auc_score
    from sklearn.metrics import roc_curve as reference

    draw = np.random.default_rng(0)
    same = draw.random(500) < 0.3
    scores = np.round(draw.normal(size=500) + same, 1)
    curve = roc_curve(scores, same)
    far, tar, _ = reference(same, scores, drop_intermediate=False)
    np.testing.assert_allclose(curve.far, far)
    np.testing.assert_allclose(curve.tar, tar)
    assert curve.auc == pytest.approx(roc_auc_score(same, scores))


SAME = np.array([True] * 4 + [False] * 4)


@pytest.mark.parametrize(
    ("scores", "auc", "eer", "tar_at_0"),
    [
        ([8, 7, 6, 5, 4, 3, 2, 1], 1.0, 0.0, 1.0),  # perfect
        ([1, 2, 3, 4, 5, 6, 7, 8], 0.0, 1.0, 0.0),  # all wrong
        ([5, 5, 5, 5, 5, 5, 5, 5], 0.5, 0.5, 0.0),  # one tie: chance
        ([8, 7, 6, 3, 5, 4, 2, 1], 14 / 16, 0.25, 0.75),  # one of each on the wrong side
    ],
)
def test_known_cases(scores: list[float], auc: float, eer: float, tar_at_0: float) -> None:
    curve = roc_curve(np.array(scores, float), SAME)
    assert curve.auc == pytest.approx(auc)
    assert curve.eer == pytest.approx(eer)
    assert curve.tar_at(0.0) == pytest.approx(tar_at_0)


def test_eer_is_interpolated_between_two_points() -> None:
    # Points (0, 0), (0, 0.5), (1, 1): FAR = 1 - TAR where FAR = 1/3.
    curve = roc_curve(np.array([2.0, 1.0, 1.0]), np.array([True, True, False]))
    assert curve.eer == pytest.approx(1 / 3)


@pytest.mark.parametrize("same", [[True, True], [False, False]])
def test_one_kind_of_pairs_is_refused(same: list[bool]) -> None:
    with pytest.raises(ValueError, match="same and different pairs"):
        roc_curve(np.array([0.1, 0.2]), np.array(same))
