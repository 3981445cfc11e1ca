"""Between two reports nothing asks a device for a number, or hands it one: both would wait.

On a CPU there is nothing to wait for, but the operations that would are the same ones.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import pytest
import torch
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

from incay.trainables.augment.settings import AugmentSettings
from incay.trainables.config import TrialConfig
from incay.trainables.data.base import ImageData
from incay.trainables.data.digits import DigitsSettings
from incay.trainables.incay import forms
from incay.trainables.incay.settings import IncaySettings
from incay.trainables.losses import losses
from incay.trainables.losses.modules import target
from incay.trainables.networks.mnist_2d import MNIST2DSettings
from incay.trainables.optimizers.sgd import SGDSettings
from incay.trainables.training.trainer import Trainer

WAITING = {
    "aten._local_scalar_dense",  # .item(), float(tensor), bool(tensor)
    "aten.is_nonzero",
    "aten.equal",
    "aten.nonzero",
    "aten.masked_select",
    "aten.bincount",
    "aten._unique2",
    "aten.unique_dim",
    "aten.repeat_interleave",
    "aten.lift_fresh",  # torch.tensor(number): to a GPU it would be copied
}
"""Operations that wait for a GPU or copy to it from ordinary memory."""


class Waits(TorchDispatchMode):  # type: ignore[no-untyped-call]
    """Lists the operations that would wait for a GPU."""

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.found: list[str] = []

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        name = str(func.overloadpacket)
        leaves = [leaf for leaf in tree_leaves(args[1:]) if isinstance(leaf, torch.Tensor)]
        masked = any(leaf.dtype == torch.bool for leaf in leaves)
        if name in WAITING or (name.startswith("aten.index") and masked):
            self.found.append(name)
        return func(*args, **(kwargs or {}))


@contextmanager
def waits() -> Iterator[list[str]]:
    with Waits() as mode:
        yield mode.found


@pytest.fixture(scope="module")
def digits() -> ImageData:
    return DigitsSettings().load(None)


BASE = TrialConfig(
    network=MNIST2DSettings(width=0.3, dimension=4),
    optimizer=SGDSettings(lr=0.001),
    augment=AugmentSettings(horizontal_flip="on", crop_padding=2),
    steps=8,
    batch_size=256,  # 5 steps an epoch, so that one begins in between
    reports=1,
)
INCAY = [
    IncaySettings(),
    IncaySettings(form="reciprocal", weight=0.1, gate="correct", threshold="3 x mean"),
    IncaySettings(form="log", weight=0.1, gate="incorrect", threshold=10.0, start_step=2),
    *(IncaySettings(form=form, weight=1e-6, start_step=1, threshold=50.0) for form in forms),
]


@pytest.mark.parametrize("large", [target.LARGE, 0], ids=["small", "large"])
@pytest.mark.parametrize("name", losses)
def test_no_loss_waits_between_reports(
    name: str, large: int, digits: ImageData, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(target, "LARGE", large)
    roomy = MNIST2DSettings(width=0.3, dimension=9)  # for the ETF of ten classes
    assert waiting_of(replace(BASE, network=roomy, loss=losses[name]()), digits) == []


@pytest.mark.parametrize("incay", INCAY, ids=lambda incay: f"{incay.form} {incay.threshold}")
@pytest.mark.parametrize("precision", ["fp32", "bf16"])
def test_no_incay_waits_between_reports(
    incay: IncaySettings, precision: Any, digits: ImageData
) -> None:
    assert waiting_of(replace(BASE, incay=incay, precision=precision), digits) == []


def test_waiting_is_seen() -> None:
    numbers = torch.arange(4.0)
    with waits() as found:
        float(numbers.sum())
        numbers[numbers > 1.0]
        torch.tensor(1.0)
    assert found == ["aten._local_scalar_dense", "aten.index", "aten.lift_fresh"]


def waiting_of(config: TrialConfig, data: ImageData) -> list[str]:
    """Return what waits in the steps of a trial; its report, which may, is left out."""
    trainer = Trainer(config, data, torch.device("cpu"))
    step, found = trainer._train_step, []

    def watched() -> torch.Tensor:
        with waits() as seen:
            row = step()
        found.extend(seen)
        return row

    trainer._train_step = watched  # type: ignore[method-assign]
    trainer.advance()
    assert trainer.step == config.steps
    return found
