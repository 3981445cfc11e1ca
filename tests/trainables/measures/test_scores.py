"""Calibration, likelihood and ranking against independent implementations and known values."""

from __future__ import annotations

import itertools
from importlib.util import find_spec

import numpy as np
import pytest
import torch
from not_run import needs
from sklearn.metrics import brier_score_loss, log_loss, top_k_accuracy_score

from incay.trainables.measures import measures
from incay.trainables.measures.computing import compute
from incay.trainables.worker.measuring.temperature import fitted_inverse
from tests.trainables.measures.answers import Answers, answers

ORACLES = "needs torchmetrics and pytorch-ood (the extra `dev`)"
oracles = needs(ORACLES, there=all(map(find_spec, ("torchmetrics", "pytorch_ood"))))


def value(name: str, made: Answers) -> float:
    return compute(measures[name], made.records())


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("spread", [0.5, 1.5])
def test_proper_scores_are_those_of_scikit_learn(seed: int, spread: float) -> None:
    made = answers(seed, spread=spread)
    label, probabilities = made.label.numpy(), made.probabilities
    assert value("nll", made) == pytest.approx(log_loss(label, probabilities), rel=1e-5)
    brier = brier_score_loss(label, probabilities, scale_by_half=False)
    assert value("brier", made) == pytest.approx(brier, rel=1e-5)
    top = top_k_accuracy_score(label, made.logits, k=5)
    assert value("top5_error", made) == pytest.approx(100.0 * (1.0 - top), abs=1e-9)


@oracles
@pytest.mark.parametrize("seed", range(3))
def test_the_calibration_error_is_that_of_torchmetrics(seed: int) -> None:
    from torchmetrics.functional.classification import multiclass_calibration_error

    made = answers(seed, spread=1.5)
    expected = multiclass_calibration_error(
        torch.tensor(made.probabilities), made.label, num_classes=7, n_bins=15, norm="l1"
    )
    assert value("ece", made) == pytest.approx(100.0 * float(expected), rel=1e-4)


def test_the_calibration_error_by_mass_is_that_of_a_loop() -> None:
    made = answers(4, images=470, spread=1.5)
    probabilities = made.probabilities
    confidence = probabilities.max(axis=1)
    right = probabilities.argmax(axis=1) == made.label.numpy()
    order = np.argsort(confidence)
    error = 0.0
    bounds = [-(-470 * index // 15) for index in range(16)]  # bins of 31 or 32
    for start, end in itertools.pairwise(bounds):
        chosen = order[start:end]
        gap = abs(right[chosen].mean() - confidence[chosen].mean())
        error += len(chosen) / 470 * gap
    assert value("ece_mass", made) == pytest.approx(100.0 * error, rel=1e-4)


def test_calibrated_scores_have_a_calibration_error_near_zero() -> None:
    """Labels that are drawn by the very probabilities: what remains goes as 1/√N."""
    generator = torch.Generator().manual_seed(0)
    found = []
    for images in (1_000, 100_000):
        weights = 2.0 * torch.randn((5, 3), generator=generator)
        features = torch.randn((images, 3), generator=generator)
        label = torch.multinomial(torch.softmax(features @ weights.T, 1), 1, generator=generator)
        made = Answers(features, weights, label.squeeze(1))
        found.append(value("ece", made))
        assert value("temperature", made) == pytest.approx(1.0, abs=0.2)
    assert found[1] < 0.5 < found[0]


def test_a_temperature_takes_back_a_scale() -> None:
    """Logits of calibrated answers times 7 have T = 7, and their error goes."""
    generator = torch.Generator().manual_seed(0)
    weights = torch.randn((5, 3), generator=generator)
    features = torch.randn((20_000, 3), generator=generator)
    drawn = torch.multinomial(torch.softmax(features @ weights.T, 1), 1, generator=generator)
    made = Answers(features, 7.0 * weights, drawn.squeeze(1))
    assert value("temperature", made) == pytest.approx(7.0, rel=0.1)
    assert value("ece", made) > 20.0
    assert value("ece.t", made) < 1.5
    assert value("nll.t", made) < value("nll", made)
    assert value("brier.t", made) < value("brier", made)


@pytest.mark.parametrize("scale", [1e-3, 0.1, 1.0, 30.0, 1e4])
def test_the_fitted_temperature_is_the_best_of_all(scale: float) -> None:
    made = answers(1, spread=2.0)
    logits = scale * torch.tensor(made.logits)
    best = fitted_inverse(logits, made.label)

    def loss(inverse: float) -> float:
        return float(torch.nn.functional.cross_entropy(inverse * logits, made.label))

    around = np.geomspace(1e-4, 1e4, 400)
    assert loss(best) <= min(map(loss, around)) + 1e-9


def test_answers_that_are_all_right_have_a_finite_temperature() -> None:
    logits = torch.eye(4, dtype=torch.float64)
    assert 1e2 <= fitted_inverse(logits, torch.arange(4)) < 1e6
    assert fitted_inverse(logits[:0], torch.arange(0)) == 1.0


def test_the_area_under_risk_and_coverage_is_that_of_a_loop() -> None:
    made = answers(2, images=200, spread=2.0)
    records = made.records()
    for name, score in (("aurc", made.probabilities.max(axis=1)), ("aurc.norm", records.norm)):
        order = np.argsort(-score)
        wrong = ~records.correct[order]
        risks = [wrong[: kept + 1].mean() for kept in range(len(order))]
        expected = pytest.approx(100.0 * np.mean(risks), rel=1e-6)
        assert compute(measures[name], records) == expected


def test_equal_scores_have_no_order() -> None:
    made = answers(2, images=100, spread=2.0)
    records = made.records(norm=np.ones(100, np.float32))
    share = 100.0 * float((~records.correct).mean())
    assert compute(measures["aurc.norm"], records) == pytest.approx(share)


def test_a_score_that_knows_is_better_than_one_that_does_not() -> None:
    made = answers(3, spread=2.0)
    right = made.records().correct
    knows = made.records(norm=right.astype(np.float32))
    errs = made.records(norm=(~right).astype(np.float32))
    assert compute(measures["aurc.norm"], knows) < compute(measures["aurc.norm"], errs)
