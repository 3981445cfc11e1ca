"""A few steps of training with a component: it ends well, resumes, repeats itself, stacks."""

from __future__ import annotations

import io
import math
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import torch
from torch import Tensor

from incay.trainables.config import TrialConfig
from incay.trainables.conformance.claims import claim, global_states_kept, same
from incay.trainables.data.base import ImageData, Split
from incay.trainables.networks.mnist_2d import MNIST2DSettings
from incay.trainables.optimizers.sgd import SGDSettings
from incay.trainables.stacking.gate import rehearse
from incay.trainables.stacking.key import must_train_alone
from incay.trainables.training.prepared import prepare
from incay.trainables.training.settings import SplitSettings
from incay.trainables.training.trainer import DivergedError, Trainer
from incay.trainables.worker.chance import seed_global_states

_CPU = torch.device("cpu")


def small_config(**parts: Any) -> TrialConfig:
    """Return the configuration of four steps, of which two reports come.

    Args:
        parts: What differs: the component that is checked.
    """
    values = {
        "network": MNIST2DSettings(width=0.2, dimension=4),
        "optimizer": SGDSettings(lr=0.001),
        "steps": 4,
        "batch_size": 8,
        "reports": 2,
        "split": SplitSettings(test="reports"),
    }
    return TrialConfig(**{**values, **parts})


def small_data(image_shape: tuple[int, int, int] = (1, 16, 16)) -> ImageData:
    """Return 24 images of noise, of three classes.

    Args:
        image_shape: (channels, height, width).
    """
    images = np.random.default_rng(0).integers(0, 256, (24, *image_shape), dtype=np.uint8)
    split = Split(images, np.arange(24, dtype=np.int64) % 3)
    return ImageData(train=split, test=split, class_names=("a", "b", "c"))


def check_training(what: str, config: TrialConfig, data: ImageData) -> str:
    """Check that a trial trains, in fp32 and bf16, and that a resumed one is the uninterrupted one.

    Args:
        what: The component that is checked, for messages.
        config: A trial with it.
        data: Its data set.

    Returns:
        Why such trials must train one by one where a study asks for stacks; nothing if they can
        be stacked.

    Raises:
        AssertionError: Something does not hold.
    """
    whole = trained(what, config, data)
    claim_equal_trials(
        f"{what}: two trials of one configuration must end with the same bits",
        trained(what, config, data),
        whole,
    )
    resumed = _trainer(config, data)
    _advance(what, resumed)
    buffer = io.BytesIO()
    torch.save(resumed.state_dict(), buffer)
    torch.rand(3)  # what others in the process draw meanwhile
    later = _trainer(config, data)
    buffer.seek(0)
    later.load_state_dict(torch.load(buffer, weights_only=True))
    while not later.finished:
        _advance(what, later)
    claim_equal_trials(
        f"{what}: a trial that goes on from a checkpoint must end with the bits of one that was "
        "not interrupted (what it remembers from step to step must be parameters or buffers)",
        later,
        whole,
    )
    trained(what, replace(config, precision="bf16"), data)
    return _stacking(config, data)


def trained(what: str, config: TrialConfig, data: ImageData) -> Trainer:
    """Return the trainer of a trial that has ended.

    Raises:
        AssertionError: It diverged.
    """
    trainer = _trainer(config, data)
    while not trainer.finished:
        _advance(what, trainer)
    return trainer


def claim_equal_trials(must_hold: str, one: Trainer, other: Trainer) -> None:
    """Claim that two trials have reported and learned the same, bit for bit."""
    for left, right in zip(_reports(one), _reports(other), strict=True):
        apart = [name for name in left if not _equal(left[name], right.get(name, math.nan))]
        claim(not apart, must_hold, f"{', '.join(apart)} that differ at step {left['step']:g}")
    found = _tensors(other)
    for name, value in _tensors(one).items():
        # Incay that is off has a state that the plain trial lacks.
        if name in found:
            claim(same(value, found[name]), must_hold, f"other numbers in {name}")


def _trainer(config: TrialConfig, data: ImageData) -> Trainer:
    trainer = Trainer(config, data, _CPU)
    # As a worker does: a network may draw random numbers, such as dropout's, while it trains.
    trainer.network.register_forward_pre_hook(
        lambda *_: seed_global_states(config.seed, trainer.step)
    )
    return trainer


def _advance(what: str, trainer: Trainer) -> None:
    with global_states_kept():
        try:
            trainer.advance()
        except DivergedError as error:
            precision = trainer.config.precision
            claim(False, f"{what} must train some steps in {precision} with finite numbers", error)


def _stacking(config: TrialConfig, data: ImageData) -> str:
    configs = [replace(config, seed=seed) for seed in (1, 2)]
    with global_states_kept():
        return must_train_alone(config) or rehearse(configs, prepare(config, data, _CPU), _CPU)


def _reports(trainer: Trainer) -> list[dict[str, float]]:
    """Return the reports without what the clock says."""
    return [
        {name: value for name, value in report.items() if name != "images_per_second"}
        for report in trainer.history
    ]


def _tensors(trainer: Trainer) -> Mapping[str, Tensor]:
    return trainer.state_dict()["modules"]  # type: ignore[no-any-return]


def _equal(one: float, other: float) -> bool:
    return one == other or (math.isnan(one) and math.isnan(other))
