"""Deterministic algorithms: on while a trial computes, gone afterwards, no change on a CPU."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import replace
from types import ModuleType

import pytest
import torch
from torch.backends import cudnn
from trainings import trained

from incay.trainables.config import TrialConfig
from incay.trainables.data.base import ImageData
from incay.trainables.data.digits import DigitsSettings
from incay.trainables.incay.settings import IncaySettings
from incay.trainables.losses import losses
from incay.trainables.losses.center import CenterSettings
from incay.trainables.networks.mnist_2d import MNIST2DSettings
from incay.trainables.optimizers.sgd import SGDSettings
from incay.trainables.training import gradients
from incay.trainables.training import trainer as trainer_module
from incay.trainables.training.determinism import deterministic_algorithms
from incay.trainables.training.settings import SplitSettings
from incay.trainables.training.trainer import DivergedError

CONFIG = TrialConfig(
    network=MNIST2DSettings(width=0.3, dimension=4),
    loss=CenterSettings(),  # its update of centres is scattered, which CUDA adds in any order
    optimizer=SGDSettings(lr=0.01),
    split=SplitSettings(test="final"),
    steps=6,
    batch_size=32,
    reports=2,
)


@pytest.fixture(scope="module")
def digits() -> ImageData:
    return DigitsSettings().load(None)


@pytest.fixture(autouse=True)
def _as_a_worker_has_it(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.delenv("CUBLAS_WORKSPACE_CONFIG", raising=False)
    monkeypatch.setattr(cudnn, "benchmark", True)
    before = state()
    yield
    assert state() == before


def state() -> tuple[object, ...]:
    """What of the process the mode changes."""
    return (
        torch.get_deterministic_debug_mode(),
        cudnn.benchmark,
        os.environ.get("CUBLAS_WORKSPACE_CONFIG"),
    )


def test_the_mode_holds_inside_only() -> None:
    with deterministic_algorithms(True):
        assert torch.are_deterministic_algorithms_enabled()
        assert not torch.is_deterministic_algorithms_warn_only_enabled()
        assert not cudnn.benchmark
        assert os.environ["CUBLAS_WORKSPACE_CONFIG"] == ":4096:8"
        with deterministic_algorithms(True):
            pass
        assert torch.are_deterministic_algorithms_enabled()


def test_off_changes_nothing() -> None:
    before = state()
    with deterministic_algorithms(False):
        assert state() == before


def test_a_workspace_that_the_user_set_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CUBLAS_WORKSPACE_CONFIG", ":16:8")
    with deterministic_algorithms(True):
        assert os.environ["CUBLAS_WORKSPACE_CONFIG"] == ":16:8"
    assert os.environ["CUBLAS_WORKSPACE_CONFIG"] == ":16:8"
    monkeypatch.delenv("CUBLAS_WORKSPACE_CONFIG")


@pytest.mark.parametrize("deterministic", [False, True])
def test_training_and_evaluation_run_under_the_mode(
    deterministic: bool, digits: ImageData, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: dict[str, set[bool]] = {"reduce_terms": set(), "evaluate": set()}

    def watch(module: ModuleType, name: str) -> None:
        original = getattr(module, name)

        def watched(*arguments: object, **named: object) -> object:
            seen[name].add(torch.are_deterministic_algorithms_enabled())
            return original(*arguments, **named)

        monkeypatch.setattr(module, name, watched)

    watch(gradients, "reduce_terms")
    watch(trainer_module, "evaluate")
    trainer = trained(replace(CONFIG, deterministic=deterministic), digits)
    assert trainer.samples() is not None
    assert seen == {"reduce_terms": {deterministic}, "evaluate": {deterministic}}


@pytest.mark.parametrize("name", losses)
def test_on_a_cpu_every_loss_gives_the_same_numbers(name: str, digits: ImageData) -> None:
    config = replace(
        CONFIG,
        network=MNIST2DSettings(width=0.3, dimension=9),  # for the ETF of ten classes
        loss=losses[name](),
        incay=IncaySettings(form="reciprocal", weight=0.1),
        steps=3,
    )
    plain = trained(config, digits).history
    strict = trained(replace(config, deterministic=True), digits).history
    for one, other in zip(plain, strict, strict=True):
        one.pop("images_per_second"), other.pop("images_per_second")
        assert one == pytest.approx(other, rel=0, abs=0, nan_ok=True)


def test_a_trial_that_diverges_leaves_nothing_behind(digits: ImageData) -> None:
    linear = IncaySettings(form="linear", weight=1e6)
    with pytest.raises(DivergedError):
        trained(replace(CONFIG, incay=linear, deterministic=True), digits)
