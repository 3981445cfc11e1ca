"""What sets incay's siblings and opposites apart: other samples, logits, and what is learned."""

from __future__ import annotations

import io
import math
from dataclasses import replace

import pytest
import torch
from incay_cases import batch
from torch import Tensor, nn

from incay.trainables.config import TrialConfig
from incay.trainables.data.base import ImageData
from incay.trainables.data.digits import DigitsSettings
from incay.trainables.fingerprint import code_files, code_version
from incay.trainables.incay import forms
from incay.trainables.incay.modules.term import Incay
from incay.trainables.incay.settings import IncaySettings
from incay.trainables.losses import losses
from incay.trainables.networks.mnist_2d import MNIST2DSettings
from incay.trainables.optimizers.sgd import SGDSettings
from incay.trainables.stacking.gate import rehearse
from incay.trainables.stacking.stack import StackedTrainer
from incay.trainables.training.prepared import prepare
from incay.trainables.training.trainer import Trainer

torch.set_num_threads(1)
CPU = torch.device("cpu")
NEW = ("hafn", "safn", "ring", "magface-g", "objectosphere", "l2-activation", "logit-penalty")
RING = IncaySettings(form="ring", weight=0.05, gate="correct", threshold="3 x mean")
SMALL = TrialConfig(
    network=MNIST2DSettings(width=0.3, dimension=4),
    optimizer=SGDSettings(lr=0.01),
    steps=12,
    batch_size=32,
    reports=3,
)


@pytest.fixture(scope="module")
def digits() -> ImageData:
    return DigitsSettings().load(None)


def gradient(settings: IncaySettings, features: Tensor, correct: Tensor) -> Tensor:
    term = Incay(settings)(features, correct, 0, lambda each: each)
    assert term is not None
    (found,) = torch.autograd.grad(term.weight * term.value_B.mean(), features)
    return found


def test_safn_has_the_gradient_of_the_authors_square_and_is_a_power() -> None:
    """λ·mean((‖f‖ − sg(‖f‖ + Δr))²), as they write it."""
    features, correct = batch(5, 3, 0, 2.0)
    delta = 0.3
    found = gradient(
        IncaySettings(form="safn", weight=0.7, settings={"delta": delta}), features, correct
    )
    norm = (features.square().sum(dim=1) + 1e-6).sqrt()
    theirs = 0.7 * (norm - (norm.detach() + delta)).square().mean()
    (expected,) = torch.autograd.grad(theirs, features)
    torch.testing.assert_close(found, expected, rtol=1e-12, atol=0.0)
    power = IncaySettings(form="power", weight=2 * 0.7 * delta, settings={"exponent": 1.0})
    torch.testing.assert_close(found, gradient(power, features, correct), rtol=1e-12, atol=0.0)


def test_hafn_is_the_authors_square_of_the_mean() -> None:
    features, correct = batch(6, 3, 1, 4.0)
    found = gradient(IncaySettings(form="hafn", weight=0.05), features, correct)
    theirs = 0.05 * ((features.square().sum(dim=1) + 1e-6).sqrt().mean() - 25.0) ** 2
    (expected,) = torch.autograd.grad(theirs, features)
    torch.testing.assert_close(found, expected, rtol=1e-12, atol=0.0)


def test_hafns_mean_is_of_the_samples_that_count() -> None:
    features = torch.tensor([[3.0, 4.0], [30.0, 40.0]], dtype=torch.float64)
    incay = Incay(IncaySettings(form="hafn", weight=1.0, gate="correct", settings={"radius": 7.0}))
    term = incay(features, torch.tensor([True, False]), 0)
    assert term is not None
    torch.testing.assert_close(term.value_B.tolist(), [4.0, 0.0], rtol=1e-6, atol=0.0)
    term = incay(features, torch.tensor([False, False]), 0)
    assert term is not None
    assert term.value_B.tolist() == [0.0, 0.0]


def test_the_logit_penaltys_gradient_of_the_classifier_equals_the_loop() -> None:
    """∂/∂w_k of (1/N) Σ ½‖Wf‖² is (1/N) Σ z_k·f."""
    features, correct = batch(5, 3, 2, 1.0)
    weight = torch.randn(4, 3, dtype=torch.float64, requires_grad=True)
    incay = Incay(IncaySettings(form="logit-penalty", weight=1.0, gate="correct"))
    term = incay(features, correct, 0, lambda each: nn.functional.linear(each, weight))
    assert term is not None
    torch.autograd.backward(term.value_B.mean())
    expected = [[0.0] * 3 for _ in range(4)]
    for feature, counts in zip(features.tolist(), correct.tolist(), strict=True):
        for k, w_k in enumerate(weight.tolist()):
            z_k = math.fsum(w * item for w, item in zip(w_k, feature, strict=True))
            for d in range(3):
                expected[k][d] += counts * z_k * feature[d] / 5
    assert weight.grad is not None
    assert torch.allclose(weight.grad, torch.tensor(expected, dtype=torch.float64), rtol=1e-10)


def test_a_form_that_asks_for_logits_is_told_where_there_are_none() -> None:
    with pytest.raises(ValueError, match="a loss must give the logits"):
        Incay(IncaySettings(form="logit-penalty", weight=1.0))(
            torch.ones(2, 3), torch.ones(2, dtype=torch.bool), 0
        )


def test_the_ring_begins_as_the_first_mean_norm_and_has_a_gradient() -> None:
    features, correct = batch(4, 3, 3, 2.0)
    ring = Incay(replace(RING, threshold="none")).double()
    assert ring(features, correct, 0) is not None
    norms = (features.square().sum(dim=1) + 1e-6).sqrt()
    assert ring.learned["radius"].item() == norms.mean().item()
    term = ring(10.0 * features, correct, 1)  # it does not begin again
    assert ring.learned["radius"].item() == norms.mean().item()
    assert term is not None
    torch.autograd.backward(term.value_B.mean())
    away = norms.mean() - (100.0 * features.square().sum(dim=1) + 1e-6).sqrt()
    (change,) = ring.parameters()
    torch.testing.assert_close(change.grad, (away * correct).mean().detach())


def test_magfaces_g_stops_at_its_bounds_and_lengthens_between() -> None:
    def pull(norm: float) -> float:
        features = torch.tensor([[norm]], dtype=torch.float64, requires_grad=True)
        settings = IncaySettings(form="magface-g", weight=1.0)
        return -gradient(settings, features, torch.ones(1, dtype=torch.bool)).item()

    assert pull(9.0) == pull(111.0) == 0.0
    assert pull(20.0) == pytest.approx(1 / 20**2 - 1 / 110**2)


def test_what_out_of_range_settings_are_told() -> None:
    for form, settings, told in (
        ("objectosphere", {"background": "cifar10"}, "settings.background is none .*unknown"),
        ("objectosphere", {"xi": 0}, "settings.xi > 0"),
        ("magface-g", {"lower": 200}, "settings.upper > settings.lower=200"),
        ("magface-g", {"lower": 0}, "settings.lower > 0"),
        ("hafn", {"radius": -1}, "settings.radius >= 0"),
        ("safn", {"delta": 0}, "settings.delta > 0"),
        ("ring", {"radius": 1}, "settings must be left out: form ring has none of its own"),
    ):
        with pytest.raises(ValueError, match=told):
            IncaySettings(form=form, weight=1.0, settings=settings)


@pytest.mark.parametrize("form", NEW)
def test_one_short_sample_in_bf16_is_finite(form: str) -> None:
    features = torch.zeros(1, 3, dtype=torch.bfloat16, requires_grad=True)
    found = gradient(IncaySettings(form=form, weight=1.0), features, torch.ones(1) > 0)
    assert found.isfinite().all()


# In training


def trained(config: TrialConfig, data: ImageData) -> Trainer:
    trainer = Trainer(config, data, CPU)
    while not trainer.finished:
        trainer.advance()
    return trainer


def numbers(trainer: Trainer) -> dict[str, Tensor]:
    modules: dict[str, Tensor] = trainer.state_dict()["modules"]
    return modules


@pytest.mark.parametrize("start_step", [0, 6])
@pytest.mark.parametrize("precision", ["fp32", "bf16"])
def test_a_resumed_ring_is_the_uninterrupted_one_bit_for_bit(
    start_step: int, precision: str, digits: ImageData
) -> None:
    incay = replace(RING, start_step=start_step)
    config = replace(SMALL, incay=incay, precision=precision)  # type: ignore[arg-type]
    whole = trained(config, digits)
    assert whole.incay is not None
    assert whole.incay.change_radius.item() != 0.0
    first = Trainer(config, digits, CPU)
    first.advance()
    assert numbers(first)["incay.begun"].item() is (start_step == 0)
    buffer = io.BytesIO()
    torch.save(first.state_dict(), buffer)
    buffer.seek(0)
    second = Trainer(config, digits, CPU)
    second.load_state_dict(torch.load(buffer, weights_only=True))
    while not second.finished:
        second.advance()
    for name, value in numbers(whole).items():
        assert torch.equal(value.nan_to_num(), numbers(second)[name].nan_to_num()), name


def test_until_it_starts_a_ring_is_the_plain_trial_bit_for_bit(digits: ImageData) -> None:
    plain = numbers(trained(SMALL, digits))
    late = numbers(trained(replace(SMALL, incay=replace(RING, start_step=12)), digits))
    assert all(torch.equal(value, late[name]) for name, value in plain.items())
    assert late["incay.change_radius"].item() == 0.0


def test_a_learned_radius_has_no_weight_decay(digits: ImageData) -> None:
    trainer = Trainer(replace(SMALL, incay=RING), digits, CPU)
    assert trainer.incay is not None
    (radius,) = trainer.incay.parameters()
    (group,) = (
        each
        for each in trainer._update.optimizer.param_groups
        if any(own is radius for own in each["params"])
    )
    assert (group["weight_decay"], group["lr_factor"]) == (0.0, 1.0)


@pytest.mark.parametrize(
    ("form", "weight", "sign"),
    [
        ("hafn", 0.01, 1),
        ("safn", 0.1, 1),
        ("objectosphere", 0.003, 1),
        ("l2-activation", 0.5, -1),
        ("logit-penalty", 0.05, -1),
    ],
)
def test_it_lengthens_or_shortens_features(
    form: str, weight: float, sign: int, digits: ImageData
) -> None:
    plain = trained(SMALL, digits).history[-1]["train.norm"]
    ours = trained(replace(SMALL, incay=IncaySettings(form=form, weight=weight)), digits)
    assert sign * (ours.history[-1]["train.norm"] / plain - 1.0) > 0.01


@pytest.mark.parametrize("name", sorted(losses))
def test_the_logit_penalty_goes_with_every_loss(name: str, digits: ImageData) -> None:
    incay = IncaySettings(form="logit-penalty", weight=6e-4, gate="correct")
    report = trained(replace(SMALL, loss=losses[name](), incay=incay, steps=2, reports=1), digits)
    assert report.history[-1]["train.incay"] > 0.0


@pytest.mark.parametrize("start_step", [0, 5])
def test_rings_train_in_a_stack_as_alone(start_step: int, digits: ImageData) -> None:
    configs = [
        replace(SMALL, seed=seed, incay=replace(RING, start_step=start_step)) for seed in (1, 2)
    ]
    assert rehearse(configs, prepare(configs[0], digits, CPU), CPU) == ""
    stack = StackedTrainer.of(configs, digits, CPU)
    members = list(stack.members)
    while stack.members:
        stack.advance()
    for member, config in zip(members, configs, strict=True):
        assert (member.stacked_with, member.alone_because) == (2, "")
        alone, ours = trained(config, digits).incay, member.incay
        assert alone is not None
        assert ours is not None
        torch.testing.assert_close(
            ours.learned["radius"], alone.learned["radius"], rtol=1e-3, atol=0
        )
        torch.testing.assert_close(ours.change_radius, alone.change_radius, rtol=0.05, atol=0)


# In fingerprints


def of_form(form: str) -> TrialConfig:
    return TrialConfig(incay=IncaySettings(form=form, weight=1.0))


def test_only_forms_that_are_given_batches_count_the_loop_as_it_is() -> None:
    for form in NEW:
        assert f"incay.trainables.incay.{form.replace('-', '_')}" in code_files(of_form(form))

    def loop(form: str) -> str:
        return code_files(of_form(form)).get("incay.trainables.training.gradients", "")

    # Own settings came after the epoch too; what is given batches is later without any.
    assert loop("l2-activation") == loop("ring") == loop("safn") != loop("log")
    assert loop("log") == loop("reciprocal") == loop("linear")
    assert len({code_version(of_form(form)) for form in forms}) == len(forms)
