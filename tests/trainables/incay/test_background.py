"""Unknown samples beside a trial's own: Objectosphere with a background."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
import torch
from incay_cases import batch, class_vectors, norm_of, scores
from trainings import gone_on, module_states, trained

from incay.trainables.augment.settings import AugmentSettings
from incay.trainables.config import TrialConfig
from incay.trainables.data.base import DataError, ImageData
from incay.trainables.data.digits import DigitsSettings
from incay.trainables.incay.modules.term import Incay
from incay.trainables.incay.settings import IncaySettings
from incay.trainables.networks.mnist_2d import MNIST2DSettings
from incay.trainables.optimizers.sgd import SGDSettings
from incay.trainables.stacking.key import must_train_alone
from incay.trainables.training.trainer import Trainer
from incay.trainables.training.unknown import UnknownBatches

torch.set_num_threads(1)
CPU = torch.device("cpu")
# The images are given by hand; a study's are those of the set that is named.
SPHERE = IncaySettings(
    form="objectosphere", weight=0.01, settings={"background": "mnist", "xi": 10.0}
)
SMALL = TrialConfig(
    network=MNIST2DSettings(width=0.3, dimension=4, feature="bn_relu"),
    optimizer=SGDSettings(lr=0.01),
    incay=SPHERE,
    augment=AugmentSettings(crop_padding=2),
    steps=12,
    batch_size=32,
    reports=3,
)
PLAIN = replace(SMALL, incay=IncaySettings())


@pytest.fixture(scope="module")
def data() -> ImageData:
    digits = DigitsSettings().load(None)
    noise = np.random.default_rng(0).integers(0, 256, (100, 1, 28, 28), dtype=np.uint8)
    return replace(digits, background=noise)


def test_unknown_samples_equal_the_loop() -> None:
    features, _ = batch(5, 3, 0, 2.0)
    incay = Incay(SPHERE)
    terms = incay.unknown(features, 0, scores)
    assert incay.terms == ("incay", *terms)
    assert [term.weight for term in terms.values()] == [1.0, 0.01]
    torch.autograd.backward(sum(term.weight * term.value_B.mean() for term in terms.values()))  # type: ignore[arg-type]
    entropic, penalties, gradients = [], [], []
    for feature in features.tolist():
        vectors = class_vectors(3)
        z = [math.fsum(w * f for w, f in zip(w_k, feature, strict=True)) for w_k in vectors]
        total = math.fsum(math.exp(z_k) for z_k in z)
        shares = [math.exp(z_k) / total for z_k in z]
        entropic.append(-math.fsum(math.log(share) for share in shares) / len(z))
        penalties.append(norm_of(feature) ** 2)
        gradients.append(
            [
                (
                    sum((p - 1 / len(z)) * w_k[d] for p, w_k in zip(shares, vectors, strict=True))
                    + 0.01 * 2 * feature[d]
                )
                / 5
                for d in range(3)
            ]
        )
    torch.testing.assert_close(terms["unknown"].value_B.tolist(), entropic)
    torch.testing.assert_close(terms["incay_unknown"].value_B.tolist(), penalties)
    assert features.grad is not None
    torch.testing.assert_close(features.grad.tolist(), gradients)


def test_one_unknown_sample_of_no_length_in_bf16_is_finite() -> None:
    features = torch.zeros(1, 3, dtype=torch.bfloat16, requires_grad=True)
    for term in Incay(SPHERE).unknown(features, 0, scores).values():
        (gradient,) = torch.autograd.grad(term.value_B.sum(), features)
        assert term.value_B.isfinite().all()
        assert gradient.isfinite().all()


# In training


def assert_same(one: Trainer, other: Trainer) -> None:
    left, right = module_states(one), module_states(other)
    for name in left.keys() & right.keys():
        assert torch.equal(left[name].nan_to_num(), right[name].nan_to_num()), name


def test_off_or_not_yet_started_it_is_the_plain_trial_bit_for_bit(data: ImageData) -> None:
    plain = trained(PLAIN, data)
    off = replace(SMALL, incay=replace(SPHERE, weight=0.0))
    assert off.canonical_json() == PLAIN.canonical_json()
    late = trained(replace(SMALL, incay=replace(SPHERE, start_step=12)), data)
    assert_same(trained(off, data), plain)
    assert_same(late, plain)
    assert late.history[-1].keys() == plain.history[-1].keys()


@pytest.mark.parametrize("start_step", [0, 6])
def test_a_resumed_trial_is_the_uninterrupted_one_bit_for_bit(
    start_step: int, data: ImageData
) -> None:
    config = replace(SMALL, incay=replace(SPHERE, start_step=start_step))
    whole, first = trained(config, data), Trainer(config, data, CPU)
    first.advance()
    second = gone_on(first, data)
    assert_same(whole, second)


@pytest.mark.parametrize("accumulate", [1, 3])
@pytest.mark.parametrize("precision", ["fp32", "bf16"])
def test_it_shortens_unknown_features_beside_known_ones(
    precision: str, accumulate: int, data: ImageData
) -> None:
    config = replace(
        SMALL,
        steps=60,
        precision=precision,  # type: ignore[arg-type]
        optimizer=SGDSettings(lr=0.01, accumulate=accumulate),
    )
    trainer = trained(config, data)
    first, last = trainer.history[0], trainer.history[-1]
    assert last["train.incay_unknown"] < 0.5 * first["train.incay_unknown"]
    assert last["train.norm"] ** 2 > 2.0 * last["train.incay_unknown"]
    assert math.log(10.0) <= last["train.unknown"] < first["train.unknown"]


def test_each_seed_has_its_own_order_of_unknown_samples(data: ImageData) -> None:
    made = [
        UnknownBatches(config, Trainer(config, data, CPU)._data)
        for config in (SMALL, SMALL, replace(SMALL, seed=1))
    ]
    one, same, other = (each(5) for each in made)
    assert one is not None
    assert same is not None
    assert other is not None
    assert len(one) == 32
    assert torch.equal(one, same)
    assert not torch.equal(one, other)


def test_such_trials_train_alone() -> None:
    assert "images of mnist run beside" in must_train_alone(SMALL)
    assert must_train_alone(replace(SMALL, incay=replace(SPHERE, weight=0.0))) == ""


def test_what_cannot_be_a_background_is_told(data: ImageData) -> None:
    for name in ("digits", "no-such-set"):
        named = replace(SPHERE, settings={"background": name})
        told = "incay.settings name as background a data set that is not digits must hold"
        with pytest.raises(ValueError, match=told):
            replace(SMALL, incay=named)
    with pytest.raises(DataError, match="the background's images must have the training images'"):
        replace(data, background=np.zeros((3, 3, 32, 32), np.uint8))
    with pytest.raises(ValueError, match="background must lie beside its own"):
        Trainer(SMALL, replace(data, background=None), CPU)
