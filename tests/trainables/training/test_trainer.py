"""The training loop: λ = 0 is the baseline, a resumed run is the uninterrupted one."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest
import torch
from trainings import gone_on, trained

from incay.trainables.augment.settings import AugmentSettings
from incay.trainables.config import TrialConfig
from incay.trainables.data.base import ImageData
from incay.trainables.data.digits import DigitsSettings
from incay.trainables.incay import forms
from incay.trainables.incay.settings import IncaySettings
from incay.trainables.losses import LossSettings
from incay.trainables.losses.center import CenterSettings
from incay.trainables.losses.l_softmax import LSoftmaxSettings
from incay.trainables.losses.softmax import SoftmaxSettings
from incay.trainables.networks.mnist_2d import MNIST2DSettings
from incay.trainables.optimizers.sgd import SGDSettings
from incay.trainables.schedules.plateau import PlateauSettings
from incay.trainables.training.evaluate import evaluate
from incay.trainables.training.settings import SplitSettings
from incay.trainables.training.trainer import DivergedError, Trainer

CPU = torch.device("cpu")
SMALL = TrialConfig(
    network=MNIST2DSettings(width=0.3, dimension=4),
    optimizer=SGDSettings(lr=0.01),
    split=SplitSettings(validation=0.2, test="final"),
    steps=40,
    batch_size=32,
    reports=4,
)


@pytest.fixture(scope="module")
def digits() -> ImageData:
    return DigitsSettings().load(None)


@pytest.fixture(scope="module")
def plainly_trained() -> dict[LossSettings, Trainer]:
    return {}


def weights(trainer: Trainer) -> dict[str, torch.Tensor]:
    state = trainer.state_dict()["modules"]
    return {name: value for name, value in state.items() if not name.startswith("incay.")}


def assert_same(first: Trainer, second: Trainer) -> None:
    one, other = weights(first), weights(second)
    assert one.keys() == other.keys()
    for name, value in one.items():
        assert torch.equal(value, other[name]), name


@pytest.mark.parametrize("loss", [SoftmaxSettings(), LSoftmaxSettings(margin=2), CenterSettings()])
@pytest.mark.parametrize("form", sorted(forms))
def test_weight_zero_is_the_plain_loss_bit_for_bit(form, loss, digits, plainly_trained):
    plain = replace(SMALL, loss=loss, steps=200, reports=1)
    off = replace(plain, incay=IncaySettings(form=form, weight=0.0, threshold="3 x mean"))
    if loss not in plainly_trained:  # once for all forms
        plainly_trained[loss] = trained(plain, digits)
    assert_same(plainly_trained[loss], trained(off, digits))
    assert plain.canonical_json() == off.canonical_json()


@pytest.mark.parametrize(
    "config",
    [
        replace(SMALL, loss=LSoftmaxSettings()),
        replace(
            SMALL,
            loss=CenterSettings(),
            incay=IncaySettings(form="reciprocal", weight=0.1, threshold="1+sqrt2 x mean"),
        ),
        replace(
            SMALL,
            schedule=PlateauSettings(patience=1, min_delta=0.5),
            augment=AugmentSettings(horizontal_flip="on", crop_padding=2),
            precision="bf16",
        ),
    ],
    ids=["l-softmax", "center + incay", "plateau + augment + bf16"],
)
def test_resumed_run_equals_the_uninterrupted_one_bit_for_bit(config, digits):
    whole = trained(config, digits)
    first = Trainer(config, digits, CPU)
    first.advance()
    first.advance()
    second = gone_on(first, digits)
    assert_same(whole, second)
    timeless = [
        {name: value for name, value in report.items() if name != "images_per_second"}
        for report in whole.history
    ]
    for report, resumed in zip(timeless, second.history, strict=True):
        resumed = {name: value for name, value in resumed.items() if name != "images_per_second"}
        assert report.keys() == resumed.keys()
        for name, value in report.items():
            assert value == resumed[name] or (math.isnan(value) and math.isnan(resumed[name]))


def test_learns_and_reports_what_is_open(digits):
    trainer = trained(replace(SMALL, steps=120), digits)
    assert [report["step"] for report in trainer.history] == [30, 60, 90, 120]
    last = trainer.history[-1]
    assert last["val.error"] < 40.0
    assert last["train.error"] < trainer.history[0]["train.error"]
    assert all("val.error" in report for report in trainer.history)
    assert all("test.error" not in report for report in trainer.history[:-1])
    assert last["lr"] == pytest.approx(0.01 * 0.1**2)


def test_sealed_test_split_is_never_evaluated(digits):
    trainer = trained(replace(SMALL, split=SplitSettings(validation=0.2)), digits)
    assert not any(name.startswith("test.") for report in trainer.history for name in report)
    evaluated = trainer.samples()
    assert evaluated is not None
    assert evaluated[0] == "val"
    assert len(evaluated[1].label) == pytest.approx(0.2 * 1437, abs=5)


def test_reports_are_spread_over_all_steps(digits):
    trainer = trained(replace(SMALL, steps=7, reports=20), digits)
    assert [report["step"] for report in trainer.history] == [1, 2, 3, 4, 5, 6, 7]


def test_divergence_names_its_first_step(digits):
    config = replace(
        SMALL,
        incay=IncaySettings(form="linear", weight=1e3, start_step=5),
        steps=60,
        reports=2,
    )
    with pytest.raises(DivergedError, match="step") as caught:
        trained(config, digits)
    assert 5 <= caught.value.step < 60


def test_metrics_of_samples_are_means_over_them(digits):
    trainer = trained(SMALL, digits)
    evaluated = trainer.samples()
    assert evaluated is not None
    split, samples = evaluated
    assert split == "test"
    correct = samples.prediction == samples.label
    metrics = samples.metrics()
    assert metrics["error"] == pytest.approx(100 * float((~correct).float().mean()))
    assert metrics["norm_correct"] == pytest.approx(float(samples.norm[correct].mean()), rel=1e-5)
    assert metrics["norm_wrong"] == pytest.approx(float(samples.norm[~correct].mean()), rel=1e-5)
    assert torch.allclose(samples.features.norm(dim=1), samples.norm)


def test_the_last_report_and_the_samples_are_one_evaluation(digits, monkeypatch):
    evaluations = []

    def counted(network, loss, split, *rest, **options):
        evaluations.append(split)
        return evaluate(network, loss, split, *rest, **options)

    monkeypatch.setattr("incay.trainables.training.trainer.evaluate", counted)
    trainer = Trainer(SMALL, digits, CPU)
    while not trainer.finished:
        trainer.advance()
    assert len(evaluations) == SMALL.reports + 1  # validation each time, the test split once
    kept = trainer.samples()[1]
    assert len(evaluations) == SMALL.reports + 1
    other = Trainer(SMALL, digits, CPU)
    other.load_state_dict(trainer.state_dict())
    assert torch.equal(other.samples()[1].loss, kept.loss)
    assert len(evaluations) == SMALL.reports + 2


def test_training_leaves_the_global_random_state_alone(digits):
    torch.manual_seed(3)
    before = torch.random.get_rng_state()
    trained(replace(SMALL, steps=4, reports=1), digits)
    assert torch.equal(before, torch.random.get_rng_state())


def test_different_seeds_differ_and_equal_seeds_do_not(digits):
    config = replace(SMALL, steps=4, reports=1)
    one, same = trained(config, digits), trained(config, digits)
    other = trained(replace(config, seed=1), digits)
    assert_same(one, same)
    assert any(not torch.equal(a, weights(other)[n]) for n, a in weights(one).items())
