"""The gate: whatever would make members compute something else closes it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import pytest
import torch
import torch.nn.functional as F
from stacked_cases import CPU, SMALL, alone, assert_same, differing, stacked, together, with_incay
from torch import Tensor

from incay.trainables.config import TrialConfig
from incay.trainables.data.base import ImageData
from incay.trainables.data.digits import DigitsSettings
from incay.trainables.losses.base import LossSettings
from incay.trainables.losses.modules.base import ClassifierLoss, Loss, LossOutput
from incay.trainables.networks import networks
from incay.trainables.stacking import gate as stacked_gate
from incay.trainables.stacking.convolutions import CHOSEN, CONVOLUTIONS, Geometry
from incay.trainables.stacking.gate import rehearse
from incay.trainables.stacking.layers import _FoldedBatchNorm
from incay.trainables.stacking.run import StackedRun
from incay.trainables.stacking.state import StackedState
from incay.trainables.training.prepared import prepare


@pytest.fixture(scope="module")
def digits() -> ImageData:
    return DigitsSettings().load(None)


@pytest.fixture(autouse=True)
def _nothing_is_known() -> Iterator[None]:
    stacked_gate._known.clear()
    yield
    stacked_gate._known.clear()


def rehearsed(base: TrialConfig, digits: ImageData, count: int = 3) -> str:
    configs = differing(base, count)
    return rehearse(configs, prepare(base, digits, CPU), CPU)


def leak_statistics(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let all members share the running statistics of batch norm."""
    step = StackedRun.train_step

    def leaking(self: StackedRun) -> None:
        step(self)
        for name, buffer in self._state.buffers.items():
            if "running" in name:
                buffer.copy_(buffer.mean(dim=0, keepdim=True).expand_as(buffer))

    monkeypatch.setattr(StackedRun, "train_step", leaking)


def distort_normalization(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let batch norm give too much while training, and the right thing in evaluation."""
    forward = _FoldedBatchNorm.forward

    def distorted(self: _FoldedBatchNorm, input: Tensor) -> Tensor:
        normalized: Tensor = forward(self, input)
        return normalized * 1.5 if self.training else normalized

    monkeypatch.setattr(_FoldedBatchNorm, "forward", distorted)


def swap_rates(monkeypatch: pytest.MonkeyPatch) -> None:
    """Give members each other's learning rates."""
    step = StackedState.step
    monkeypatch.setattr(
        StackedState, "step", lambda self, gradients, rates: step(self, gradients, rates[::-1])
    )


def roll_gradients(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let members take each other's gradients."""
    step = StackedState.step
    monkeypatch.setattr(
        StackedState,
        "step",
        lambda self, gradients, rates: step(self, [value.roll(1, 0) for value in gradients], rates),
    )


@pytest.mark.parametrize(
    "plant", [leak_statistics, distort_normalization, swap_rates, roll_gradients]
)
@pytest.mark.parametrize("alike", [False, True], ids=["differing", "alike"])
def test_a_planted_leak_closes_the_gate_and_members_train_alone(
    plant: Callable[[pytest.MonkeyPatch], None],
    alike: bool,
    digits: ImageData,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    plant(monkeypatch)
    # Alike but for λ: their statistics begin the same, which must not hide the leak.
    configs = differing(with_incay(replace(SMALL, steps=6, reports=2)))
    if alike:
        configs = [replace(configs[0], incay=config.incay) for config in configs]
    for member, outcomes in together(stacked(configs, digits)):
        assert "away from training alone" in member.alone_because
        assert member.stacked_with == 1
        assert outcomes == member.history
        assert_same(member, alone(member.config, digits))


def test_a_leak_of_statistics_is_named(digits: ImageData, monkeypatch: pytest.MonkeyPatch) -> None:
    leak_statistics(monkeypatch)
    assert "running_mean" in rehearsed(SMALL, digits)


@dataclass(frozen=True, kw_only=True)
class _ReadingSettings(LossSettings):
    """A loss that decides by a number that it reads: impossible for several trials at once."""

    name = "reading"

    def build(self, num_features: int, num_classes: int) -> Loss:
        return _Reading(num_features, num_classes)


class _Reading(ClassifierLoss):
    def terms(self, features_BD: Tensor, labels_B: Tensor, step: int) -> LossOutput:
        assert float(features_BD.detach().sum()) != 0.0
        return super().terms(features_BD, labels_B, step)


def test_a_loss_that_cannot_run_for_several_trials_is_named(digits: ImageData) -> None:
    base = replace(SMALL, loss=_ReadingSettings(), steps=3, reports=1)
    for member, _ in together(stacked(differing(base), digits)):
        assert "network mnist-2d with loss reading cannot run" in member.alone_because
        assert_same(member, alone(member.config, digits))


@pytest.mark.parametrize("precision", ["fp32", "bf16"])
@pytest.mark.parametrize("name", ["cifar10", "mnist", "spherenet-20"])
def test_rounding_in_deep_networks_does_not_close_it(
    name: str, precision: str, digits: ImageData
) -> None:
    network = networks[name](width=0.1, dimension=8)
    base = with_incay(replace(SMALL, network=network, precision=precision), threshold=2.0)
    assert rehearsed(base, digits) == ""


def test_all_branches_of_incay_take_part(digits: ImageData) -> None:
    late = with_incay(SMALL, start_step=1000, threshold="1.2 x mean")
    assert stacked_gate._varied(late, 0).incay.start_step == 1
    assert rehearsed(late, digits) == ""


def test_what_is_known_is_not_asked_again(
    digits: ImageData, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert rehearsed(SMALL, digits) == ""
    leak_statistics(monkeypatch)
    assert rehearsed(SMALL, digits) == ""
    assert rehearsed(SMALL, digits, count=4) != ""


@pytest.mark.parametrize("precision", ["fp32", "bf16"])
@pytest.mark.parametrize("name", sorted(CONVOLUTIONS))
def test_every_way_to_convolve_passes(
    name: str, precision: str, digits: ImageData, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(CHOSEN, "cpu", name)
    assert rehearsed(replace(SMALL, precision=precision), digits) == ""


@pytest.mark.parametrize("name", sorted(CONVOLUTIONS))
def test_every_way_to_convolve_is_a_convolution(name: str) -> None:
    torch.manual_seed(0)
    images = torch.randn(2, 3, 4, 9, 8, dtype=torch.float64)  # (B, M, C, H, W)
    weight = torch.randn(3, 5, 4, 3, 2, dtype=torch.float64)
    geometry = Geometry((2, 1), (1, 2), (1, 1))
    found = CONVOLUTIONS[name](images.flatten(1, 2), weight, geometry).unflatten(1, (3, 5))
    for member in range(3):
        expected = F.conv2d(images[:, member], weight[member], None, *geometry)
        torch.testing.assert_close(found[:, member], expected)


def test_nothing_of_the_rehearsal_stays(digits: ImageData) -> None:
    before = torch.get_rng_state()
    rehearsed(SMALL, digits)
    assert torch.equal(before, torch.get_rng_state())
