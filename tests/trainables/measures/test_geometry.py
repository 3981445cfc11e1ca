"""Neural collapse, separation and distances against naive float64 loops and planted data."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt
import pytest
import torch

from incay.trainables.measures import Records, measures
from incay.trainables.measures.computing import compute, computed
from incay.trainables.measures.pairs import MOST, draw
from tests.trainables.measures.answers import Answers, answers, collapsed

Matrix = npt.NDArray[np.float64]


def value(name: str, records: Records) -> float:
    return compute(measures[name], records)


def scatter(made: Answers) -> tuple[Matrix, Matrix, Matrix]:
    """Return class means, Σ_W (1/N) and Σ_B (1/K) by their definitions."""
    features, label = made.features.double().numpy(), made.label.numpy()
    classes = np.unique(label)
    means = np.stack([features[label == each].mean(axis=0) for each in classes])
    overall = means.mean(axis=0)
    within = np.zeros((features.shape[1],) * 2)
    between = np.zeros_like(within)
    for each, mean in zip(classes, means, strict=True):
        for row in features[label == each]:
            within += np.outer(row - mean, row - mean) / len(label)
        between += np.outer(mean - overall, mean - overall) / len(classes)
    return means, within, between


@pytest.mark.parametrize("dimension", [3, 12, 40])
def test_neural_collapse_is_that_of_its_definition(dimension: int) -> None:
    made = answers(dimension, images=150, dimension=dimension)
    records = made.records()
    means, within, between = scatter(made)
    centred = means - means.mean(axis=0)
    expected = np.trace(within @ np.linalg.pinv(between, rcond=1e-10)) / 7
    assert value("nc1", records) == pytest.approx(expected, rel=1e-6)
    assert value("fisher", records) == pytest.approx(np.trace(between) / np.trace(within), rel=1e-5)
    norms = np.linalg.norm(centred, axis=1)
    assert value("nc2.norms", records) == pytest.approx(norms.std() / norms.mean(), rel=1e-5)
    total = 0.0
    for i in range(7):
        for j in range(7):
            if i != j:
                cosine = centred[i] @ centred[j] / (norms[i] * norms[j])
                total += abs(cosine + 1.0 / 6.0)
    assert value("nc2.angles", records) == pytest.approx(total / 42.0, rel=1e-5)
    weights = made.weights.double().numpy()
    for name, product in (
        ("nc2", centred @ centred.T),
        ("nc2.weights", weights @ weights.T),
        ("nc3.frame", weights @ centred.T),
    ):
        target = (np.eye(7) - 1.0 / 7.0) / math.sqrt(6.0)
        off = np.linalg.norm(product / np.linalg.norm(product) - target)
        assert value(name, records) == pytest.approx(off, rel=1e-5), name
    parts = weights / np.linalg.norm(weights) - centred / np.linalg.norm(centred)
    assert value("nc3", records) == pytest.approx((parts**2).sum(), rel=1e-5)
    nearest = [
        np.linalg.norm(means - row, axis=1).argmin() for row in made.features.double().numpy()
    ]
    differs = np.mean(made.logits.argmax(axis=1) != nearest)
    assert value("nc4", records) == pytest.approx(100.0 * differs)


def test_a_perfect_collapse_is_zero_in_all_four() -> None:
    found = computed(collapsed().records()).values
    for name in ("nc1", "nc2", "nc2.norms", "nc2.angles", "nc2.weights", "nc3", "nc3.frame", "nc4"):
        assert found[name] == pytest.approx(0.0, abs=1e-6), name
    assert found["separation"] == pytest.approx(1.0)
    assert found["property3"] == found["property3.robust"] == 1.0
    assert found["property3.within"] == pytest.approx(0.0, abs=1e-5)
    assert found["angle_within"] == pytest.approx(0.0, abs=0.1)  # arccos near 1
    assert found["effective_rank"] == pytest.approx(4.0, rel=1e-5)


def test_scale_free_measures_do_not_see_a_scale_and_distances_do() -> None:
    made = answers(5, spread=0.7)
    longer = made._replace(features=4.0 * made.features)
    short, long = computed(made.records()).values, computed(longer.records()).values
    for name in ("nc1", "nc2", "nc3", "fisher", "separation", "angle_within", "distance_ratio"):
        assert long[name] == pytest.approx(short[name], rel=1e-4), name
    assert long["property3.within"] == pytest.approx(4.0 * short["property3.within"], rel=1e-6)


def test_only_raw_distances_see_norms_that_spread() -> None:
    made = answers(6, spread=0.3)
    lengths = torch.linspace(0.2, 5.0, len(made.label)).unsqueeze(1)
    uneven = made._replace(features=lengths * made.features)
    before, after = computed(made.records()).values, computed(uneven.records()).values
    assert after["distance_ratio"] > 1.2 * before["distance_ratio"]
    assert after["distance_ratio.unit"] == pytest.approx(before["distance_ratio.unit"], rel=1e-6)


def test_distances_and_angles_are_those_of_a_loop() -> None:
    made = answers(7, images=60, classes=3)
    records = made.records()
    features, label = made.features.double().numpy(), made.label.numpy()
    chosen = draw(label)
    within, between, near, far = [], [], [], []
    for place, i in enumerate(chosen):
        for j in chosen[place + 1 :]:
            distance = math.dist(features[i], features[j])
            lengths = np.linalg.norm(features[i]) * np.linalg.norm(features[j])
            angle = math.degrees(math.acos(features[i] @ features[j] / lengths))
            same = label[i] == label[j]
            (within if same else between).append(distance)
            (near if same else far).append(angle)
    assert value("property3.within", records) == pytest.approx(max(within), rel=1e-9)
    assert value("property3.between", records) == pytest.approx(min(between), rel=1e-9)
    assert value("property3", records) == float(max(within) < min(between))
    ratio = np.percentile(within, 99.0) / np.percentile(between, 1.0)
    assert value("property3.robust_ratio", records) == pytest.approx(ratio, rel=1e-9)
    assert value("angle_within", records) == pytest.approx(np.mean(near), rel=1e-9)
    assert value("angle_between", records) == pytest.approx(np.mean(far), rel=1e-9)
    expected = np.mean(within) / np.mean(between)
    assert value("distance_ratio", records) == pytest.approx(expected, rel=1e-9)


def test_one_wrong_label_breaks_the_strict_property_and_not_the_robust_one() -> None:
    made = collapsed(classes=4, each=100)
    label = made.label.clone()
    label[0] = 1
    found = computed(made._replace(label=label).records()).values
    assert found["property3"] == 0.0
    assert found["property3.robust"] == 0.0 or found["property3.robust_ratio"] < 1.0
    clean = computed(made.records()).values
    assert clean["property3"] == 1.0


def test_class_separation_is_that_of_its_definition() -> None:
    made = answers(8, images=90, classes=4)
    features, label = made.features.double().numpy(), made.label.numpy()
    unit = features / np.linalg.norm(features, axis=1, keepdims=True)
    distance = 1.0 - unit @ unit.T
    groups = [np.flatnonzero(label == each) for each in range(4)]
    within = np.mean([distance[np.ix_(own, own)].mean() for own in groups])
    overall = np.mean([[distance[np.ix_(own, other)].mean() for other in groups] for own in groups])
    assert value("separation", made.records()) == pytest.approx(1.0 - within / overall, rel=1e-9)


def test_the_effective_rank_counts_directions() -> None:
    generator = torch.Generator().manual_seed(0)
    features = torch.randn((700, 10), generator=generator)
    features[:, 4:] = 0.0
    made = Answers(features, torch.randn((3, 10)), torch.arange(700) % 3)
    assert value("effective_rank", made.records()) == pytest.approx(4.0, abs=0.02)


@pytest.mark.parametrize(("classes", "images"), [(2, 30), (10, 5_000), (300, 6_000)])
def test_drawn_images_are_as_many_of_each_class(classes: int, images: int) -> None:
    label = np.random.default_rng(0).permutation(np.arange(images) % classes)
    chosen = draw(label)
    assert len(chosen) <= MOST
    assert len(np.unique(chosen)) == len(chosen)
    _, counts = np.unique(label[chosen], return_counts=True)
    assert counts.min() == counts.max() >= 10
    assert np.array_equal(chosen, draw(label))


@pytest.mark.parametrize("images", [1, 2, 3])
def test_few_images_are_no_error(images: int) -> None:
    made = answers(0, images=images)
    found = computed(made.records()).values
    assert found["nll"] == pytest.approx(value("nll", made.records()))
    assert all(isinstance(each, float) for each in found.values())


def test_features_of_length_zero_are_no_error() -> None:
    made = answers(0, images=40)
    found = computed(made._replace(features=torch.zeros_like(made.features)).records()).values
    assert found["nll"] == pytest.approx(math.log(7.0), rel=1e-6)
    assert math.isnan(found["nc1"])
