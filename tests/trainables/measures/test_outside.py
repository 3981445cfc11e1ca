"""Out-of-distribution detection against pytorch-ood and scikit-learn."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from sklearn.metrics import roc_auc_score

from incay.trainables.measures import Outside, measures
from incay.trainables.measures.computing import computable, compute
from incay.trainables.measures.outside import auroc, fpr95
from tests.trainables.measures.answers import answers
from tests.trainables.measures.test_scores import oracles


def scores(seed: int, tied: bool) -> tuple[np.ndarray, np.ndarray]:
    random = np.random.default_rng(seed)
    inside, outside = random.normal(1.0, 1.0, 400), random.normal(0.0, 1.5, 300)
    return (inside.round(1), outside.round(1)) if tied else (inside, outside)


@pytest.mark.parametrize("tied", [False, True])
@pytest.mark.parametrize("seed", range(3))
def test_the_area_is_that_of_scikit_learn(seed: int, tied: bool) -> None:
    inside, outside = scores(seed, tied)
    positive = np.r_[np.zeros(400), np.ones(300)]
    expected = roc_auc_score(positive, -np.r_[inside, outside])
    assert auroc(inside, outside) == pytest.approx(expected, rel=1e-12)


@oracles
@pytest.mark.parametrize("seed", range(5))
def test_both_are_those_of_pytorch_ood(seed: int) -> None:
    from pytorch_ood.metrics import OODMetrics

    inside, outside = scores(seed, tied=False)
    told = OODMetrics()
    told.update(torch.tensor(-inside), torch.zeros(400, dtype=torch.long))
    told.update(torch.tensor(-outside), -torch.ones(300, dtype=torch.long))
    expected = told.compute()
    assert auroc(inside, outside) == pytest.approx(expected["AUROC"], abs=1e-6)
    assert fpr95(inside, outside) == pytest.approx(expected["FPR95TPR"], abs=1.0 / 400)


def test_ood_images_are_the_positive_side() -> None:
    """One score of images in distribution is lower than 95 of 100 others': a quarter of four."""
    outside = np.arange(100.0)
    inside = np.array([93.5, 94.5, 200.0, 300.0])
    assert fpr95(inside, outside) == pytest.approx(0.25)
    assert auroc(np.array([5.0]), np.array([1.0, 9.0])) == pytest.approx(0.5)


def test_a_measure_is_the_mean_over_the_sets() -> None:
    records = answers(0).records()
    far = Outside(norm=np.zeros(10), max_logit=np.full(10, -1e3), log_confidence=np.full(10, -2.0))
    same = Outside(
        norm=records.norm,
        max_logit=np.asarray(records.max_logit),
        log_confidence=np.asarray(records.log_confidence),
    )
    two = answers(0).records(outside={"far": far, "same": same})
    for name in ("norm", "logit", "energy"):
        assert compute(measures[f"ood.{name}.auroc"], two) == pytest.approx(75.0)
    assert not computable(measures["ood.norm.auroc"], records)
