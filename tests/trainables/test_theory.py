"""What the papers prove, as numbers: Properties 1-4, the Lemma's use, gradients and bounds.

Numbering is paper A's; its Property 4 is paper B's Property 2.
"""

from __future__ import annotations

import math

import pytest
import torch
from hypothesis import assume, given
from hypothesis import strategies as st
from random_cases import angles, class_counts, dimensions, draw, growths, often, seeds
from torch import Tensor

from incay.trainables.incay.threshold import parse_threshold
from incay.trainables.losses.modules.base import Loss
from incay.trainables.losses.softmax import SoftmaxSettings

torch.set_num_threads(1)


def softmax(weight_KD: Tensor) -> Loss:
    loss = SoftmaxSettings().build(weight_KD.shape[1], weight_KD.shape[0]).double()
    loss.get_parameter("weight").data.copy_(weight_KD)
    return loss


def losses_of(loss: Loss, features_BD: Tensor, labels_B: Tensor) -> Tensor:
    value_B: Tensor = loss(features_BD, labels_B, 0).terms["cross_entropy"].value_B
    return value_B


def draw_classification(seed: int, count: int, dimension: int, classes: int) -> tuple[Tensor, ...]:
    """Return features (B, D), weights (K, D), and labels of which about half are predicted."""
    features, weight = draw(seed, count, dimension), draw(seed + 1, classes, dimension)
    predicted = (features @ weight.T).argmax(1)
    random = torch.randint(classes, (count,), generator=torch.Generator().manual_seed(seed + 2))
    return features, weight, torch.where(draw(seed + 3, count) > 0, predicted, random)


# Property 1


@often
@given(seed=seeds, dimension=dimensions, classes=class_counts, growth=growths)
def test_property_1_a_longer_correct_feature_has_a_smaller_loss(
    seed: int, dimension: int, classes: int, growth: float
) -> None:
    """Eq. 5."""
    features, weight, labels = draw_classification(seed, 6, dimension, classes)
    loss = softmax(weight)
    correct = (features @ weight.T).argmax(1) == labels
    before = losses_of(loss, features, labels)
    after = losses_of(loss, (1 + growth) * features, labels)
    resolved = before > 1e-12  # a loss of less than that is 0 in float64
    assert (after < before)[correct & resolved].all()
    assert (after <= before)[correct].all()


@often
@given(seed=seeds, dimension=dimensions, classes=class_counts, growth=growths)
def test_property_1_lengthening_the_correct_ones_lowers_the_sum(
    seed: int, dimension: int, classes: int, growth: float
) -> None:
    """Eq. 6: t_i > 0 where sample i is correctly classified, 0 otherwise."""
    features, weight, labels = draw_classification(seed, 6, dimension, classes)
    correct = (features @ weight.T).argmax(1) == labels
    growths_B = torch.where(correct, growth, 0.0).double()
    after = losses_of(softmax(weight), (1 + growths_B).unsqueeze(1) * features, labels)
    assert after.sum() <= losses_of(softmax(weight), features, labels).sum()


# Property 2


@often
@given(seed=seeds, dimension=dimensions, classes=class_counts)
def test_property_2_gradient_of_the_weights(seed: int, dimension: int, classes: int) -> None:
    """Eq. 7: ∂L/∂w_j = (1/N) Σ_i (P_j^i − h(i)) f_i."""
    features, weight, labels = draw_classification(seed, 5, dimension, classes)
    loss = softmax(weight)
    parameter = loss.get_parameter("weight")
    (gradient,) = torch.autograd.grad(losses_of(loss, features, labels).mean(), parameter)
    expected = torch.zeros_like(gradient)
    for feature, label in zip(features, labels, strict=True):
        probability = (weight @ feature).softmax(0)
        for j in range(classes):
            expected[j] += (probability[j] - float(label == j)) * feature / len(features)
    torch.testing.assert_close(gradient, expected)


@often
@given(seed=seeds, classes=class_counts, shrink=st.floats(1e-6, 0.1))
def test_property_2_a_short_feature_hardly_moves_the_weights(
    seed: int, classes: int, shrink: float
) -> None:
    """|P − h| <= 1, so that what a sample adds to ∂L/∂w_j is never longer than its feature."""
    features, weight, labels = draw_classification(seed, 1, 4, classes)
    features = shrink * features
    loss = softmax(weight)
    parameter = loss.get_parameter("weight")
    (gradient,) = torch.autograd.grad(losses_of(loss, features, labels).mean(), parameter)
    assert (gradient.norm(dim=1) <= features.norm() * (1 + 1e-12)).all()


# Property 3 and the bounds of the threshold


def plane(theta: float) -> tuple[Tensor, Tensor]:
    """Return the unit weight vectors of two neighbouring classes, `theta` apart."""
    first = torch.tensor([1.0, 0.0], dtype=torch.float64)
    return first, torch.tensor([math.cos(theta), math.sin(theta)], dtype=torch.float64)


@often
@given(theta=angles, alpha=st.floats(0.1, 500), longer=st.tuples(growths, growths))
def test_property_3_the_smallest_distance_between_classes(
    theta: float, alpha: float, longer: tuple[float, float]
) -> None:
    """Features on their weight vectors, none shorter than α: 2α sin(θ/2) at least."""
    first, second = plane(theta)
    smallest = 2 * alpha * math.sin(theta / 2)
    assert math.isclose((alpha * first - alpha * second).norm().item(), smallest, rel_tol=1e-9)
    a, b = (alpha * (1 + growth) for growth in longer)
    for left, right in ((a, b), (alpha, b), (a, alpha)):
        assert (left * first - right * second).norm().item() >= smallest * (1 - 1e-12)


@often
@given(theta=angles, alpha=st.floats(0.1, 500))
def test_property_3_the_upper_bound(theta: float, alpha: float) -> None:
    """Classes stay further apart than they are wide while β < α(1 + 2 sin(θ/2)) <= 3α."""
    bound = alpha * (1 + 2 * math.sin(theta / 2))
    first, second = plane(theta)
    between = (alpha * first - alpha * second).norm().item()
    for beta, holds in ((0.999 * bound, True), (1.001 * bound, False)):
        within = (beta * first - alpha * first).norm().item()
        assert (within < between) is holds
    assert bound <= 3 * alpha * (1 + 1e-12)
    if theta >= math.pi / 2:
        assert bound >= (1 + math.sqrt(2)) * alpha * (1 - 1e-12)


@pytest.mark.parametrize(("degrees", "notation"), [(90, "1+sqrt2 x mean"), (180, "3 x mean")])
def test_property_3_thresholds_are_the_ends_of_the_bound(degrees: int, notation: str) -> None:
    bound = 1 + 2 * math.sin(math.radians(degrees) / 2)
    multiple = parse_threshold(notation).multiple
    assert multiple is not None
    assert math.isclose(multiple, bound, rel_tol=1e-12)


def test_property_3_example_of_cifar10() -> None:
    """An average norm of 200 gives the threshold 483."""
    multiple = parse_threshold("1+sqrt2 x mean").multiple
    assert multiple is not None
    assert round(multiple * 200) == 483


# The Lemma and Property 4


def spread_classes(seed: int, dimension: int, classes: int) -> Tensor:
    """Return K <= 2D unit vectors, any two at least 90° apart: rotated ±axes."""
    axes = torch.eye(dimension, dtype=torch.float64)
    rotation: Tensor = torch.linalg.qr(draw(seed, dimension, dimension))[0]
    return torch.cat([axes, -axes])[:classes] @ rotation


@often
@given(seed=seeds, dimension=dimensions, data=st.data())
def test_lemma_fewer_classes_than_2d_can_be_90_degrees_apart(
    seed: int, dimension: int, data: st.DataObject
) -> None:
    classes = data.draw(st.integers(1, 2 * dimension))
    weight = spread_classes(seed, dimension, classes)
    cosines = weight @ weight.T
    assert (cosines.fill_diagonal_(-1.0) <= 1e-12).all()
    torch.testing.assert_close(weight.norm(dim=1), torch.ones(classes, dtype=torch.float64))


@often
@given(seed=seeds, dimension=dimensions, norm=st.floats(0.01, 30.0), data=st.data())
def test_lemma_probability_of_a_feature_on_its_weight_vector(
    seed: int, dimension: int, norm: float, data: st.DataObject
) -> None:
    """P_y >= e^‖f‖ / (e^‖f‖ + K − 1) with unit weights at least 90° apart."""
    classes = data.draw(st.integers(1, 2 * dimension))
    label = torch.tensor([data.draw(st.integers(0, classes - 1))])
    weight = spread_classes(seed, dimension, classes)
    cross_entropy = losses_of(softmax(weight), norm * weight[label], label)
    bound = math.exp(norm) / (math.exp(norm) + classes - 1)
    assert (-cross_entropy).exp().item() >= bound * (1 - 1e-12)


def test_property_4_example_of_ten_classes() -> None:
    """K = 10 and ‖f‖ = 10: P_y > 0.999."""
    assert math.exp(10) / (math.exp(10) + 9) > 0.999
    weight = spread_classes(0, 5, 10)
    cross_entropy = losses_of(softmax(weight), 10.0 * weight[:1], torch.tensor([0]))
    assert (-cross_entropy).exp().item() > 0.999


@often
@given(seed=seeds, dimension=dimensions, classes=class_counts)
def test_property_4_gradient_of_the_features(seed: int, dimension: int, classes: int) -> None:
    """Eq. 9: ∂L/∂f_i = (1/N)(−w_y + Σ_j P_j^i w_j)."""
    features, weight, labels = draw_classification(seed, 5, dimension, classes)
    features.requires_grad_()
    loss = losses_of(softmax(weight), features, labels).mean()
    (gradient,) = torch.autograd.grad(loss, features)
    for row, feature, label in zip(gradient, features.detach(), labels, strict=True):
        probability = (weight @ feature).softmax(0)
        torch.testing.assert_close(row, (probability @ weight - weight[label]) / len(features))


@often
@given(seed=seeds, dimension=st.integers(2, 8), classes=class_counts)
def test_property_4_a_confident_sample_has_no_gradient(
    seed: int, dimension: int, classes: int
) -> None:
    """‖∂L/∂f‖ <= 2(1 − P_y)·max‖w‖, hence → 0 as P_y → 1."""
    features, weight, _ = draw_classification(seed, 1, dimension, classes)
    logits = features @ weight.T
    label = logits.argmax(1)
    top = logits.topk(2).values[0]
    assume(top[0] - top[1] > 0.05)
    previous = math.inf
    for length in (1.0, 10.0, 100.0, 1000.0):
        feature = (length * features).requires_grad_()
        loss = losses_of(softmax(weight), feature, label).sum()
        (gradient,) = torch.autograd.grad(loss, feature)
        wrong = -torch.expm1(-loss).item()
        size = gradient.norm().item()
        assert size <= 2 * wrong * weight.norm(dim=1).max().item() + 1e-15
        assert wrong <= previous
        previous = wrong
    assert size < 1e-9
