"""ROC curves against a brute-force search of all thresholds."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from study_factory import StudyFactory, drawn_samples, scored_pairs

from incay.analysis import AnalysisError, figure, load
from incay.analysis.figures.answers.roc import accept_rates
from incay.analysis.results.study import StudyResults

PAIRS = st.lists(st.tuples(st.integers(0, 4), st.booleans()), min_size=2, max_size=40)


def test_roc_rises_and_separates(confirmed: StudyResults) -> None:
    frame = figure(confirmed, "roc").to_pandas()
    assert all(each["tar"].is_monotonic_increasing for _, each in frame.groupby("arm"))
    auc = frame.groupby("arm")["auc"].first()
    assert auc["RN + Softmax"] > auc["Softmax"] > 0.7


def best_rate(scored: list[tuple[int, bool]], far: Fraction) -> float:
    """The best true accept rate of all thresholds with at most this false accept rate."""
    right = [score for score, positive in scored if positive]
    wrong = [score for score, positive in scored if not positive]
    rates = []
    for threshold in range(6):  # above all scores, too
        accepted = [sum(score >= threshold for score in each) for each in (right, wrong)]
        if Fraction(accepted[1], len(wrong)) <= far:
            rates.append(accepted[0] / len(right))
    return max(rates)


@given(PAIRS.filter(lambda pairs: len({positive for _, positive in pairs}) == 2))
def test_every_rate_is_that_of_the_best_threshold(scored: list[tuple[int, bool]]) -> None:
    """Scores tie, thresholds lie on straight lines, and rates are asked for exactly."""
    score, positive = (np.array(column) for column in zip(*scored, strict=True))
    wrong = int((~positive).sum())
    asked = sorted({Fraction(k, n) for n in (wrong, 7, 200) for k in range(n + 1)})
    rates, area = accept_rates(score.astype(float), positive, np.array(asked, dtype=float))
    assert rates == pytest.approx([best_rate(scored, far) for far in asked])
    ranked = [
        1.0 if mine > other else 0.5 if mine == other else 0.0
        for mine in score[positive]
        for other in score[~positive]
    ]
    assert area == pytest.approx(np.mean(ranked))


def test_thresholds_on_a_straight_line_are_not_passed_over() -> None:
    """By default scikit-learn leaves out the middle one of three that lie on a line."""
    score = np.array([3.0, 3.0, 2.0, 2.0, 1.0, 1.0])
    positive = np.array([True, False] * 3)
    rates, _ = accept_rates(score, positive, np.array([0.0, 0.3, 1 / 3, 0.5, 2 / 3, 1.0]))
    assert rates == pytest.approx([0.0, 0.0, 1 / 3, 1 / 3, 2 / 3, 1.0])


def test_a_curve_of_tied_scores(factory: StudyFactory) -> None:
    factory.arm("Softmax")
    score = np.repeat([3.0, 2.0, 1.0], 20)
    pairs = scored_pairs(score, np.arange(60) % 2 == 0)
    samples = drawn_samples(0, 20.0, 0.1, images=50)
    factory.trial("Softmax", 0, {"test.error": 8.0}, samples=samples, **pairs)
    frame = figure(load(factory.write(), "planted"), "roc").to_pandas()
    assert sorted(set(frame["tar"].round(6))) == pytest.approx([0.0, 1 / 3, 2 / 3, 1.0], abs=1e-6)


def test_a_curve_needs_both_kinds() -> None:
    with pytest.raises(AnalysisError, match="both kinds"):
        accept_rates(np.ones(3), np.ones(3, dtype=bool), np.ones(1))
