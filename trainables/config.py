"""`TrialConfig`: one training run, fully specified."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from functools import cache
from typing import Any, Literal, TypeVar, cast, get_type_hints

from incay.trainables.augment import PolicySettings, policies
from incay.trainables.augment.settings import AugmentSettings
from incay.trainables.averaging import AverageSettings
from incay.trainables.data import DatasetSettings, datasets
from incay.trainables.data.digits import DigitsSettings
from incay.trainables.errors import UserError, first_line
from incay.trainables.incay.settings import IncaySettings
from incay.trainables.losses import LossSettings, losses
from incay.trainables.losses.softmax import SoftmaxSettings
from incay.trainables.measures.settings import SHUFFLED, MeasureSettings
from incay.trainables.networks import NetworkSettings, networks
from incay.trainables.networks.mnist_2d import MNIST2DSettings
from incay.trainables.optimizers import OptimizerSettings, optimizers
from incay.trainables.optimizers.sgd import SGDSettings
from incay.trainables.preprocess import PreprocessSettings
from incay.trainables.registry import Registry
from incay.trainables.schedules import ScheduleSettings, schedules
from incay.trainables.schedules.step import StepSettings
from incay.trainables.settings import Settings, require, to_dict
from incay.trainables.store.naming import canonical
from incay.trainables.training.early_stopping import EarlyStoppingSettings
from incay.trainables.training.settings import SplitSettings

S = TypeVar("S", bound=Settings)

COMPONENTS: Mapping[str, Registry[Any]] = {
    "dataset": datasets,
    "network": networks,
    "loss": losses,
    "optimizer": optimizers,
    "schedule": schedules,
}
"""The parts of a trial that are registered components, and where they are registered."""
WITHIN: Mapping[tuple[str, ...], Registry[Any]] = {("augment", "policy"): policies}
"""Registered components that are a setting of a part, by part and setting."""


MOST_STEPS = 10**9
"""Weeks of the smallest network. Each report is an evaluation, and a row of the history."""


@dataclass(frozen=True, kw_only=True)
class TrialConfig(Settings):
    """Everything that decides what a trial computes.

    Attributes:
        dataset: What it is trained on.
        network: What maps images to features.
        loss: What scores features against labels; owns the classifier.
        incay: The feature incay term.
        optimizer: What changes weights by gradients.
        schedule: How the learning rate changes from step to step.
        augment: Random changes of training images.
        preprocess: What is done to all images, fitted on those that are trained on.
        average: Which average of weights is evaluated and kept.
        early_stopping: When it ends before its last step.
        split: Which images train, validate and test.
        measure: What is measured beyond what every trial measures.
        steps: Optimiser steps.
        batch_size: Images per step; 128 in the L-Softmax authors' settings.
        reports: How often, evenly spread, the run reports and evaluates.
        precision: ``fp32``, or ``bf16`` for autocast of the network's trunk.
        deterministic: Whether a GPU computes the same bits every time, which is slower; a CPU
            always does.
        seed: Draws initial weights, order of images and augmentation.
    """

    dataset: DatasetSettings = field(default_factory=DigitsSettings)
    network: NetworkSettings = field(default_factory=MNIST2DSettings)
    loss: LossSettings = field(default_factory=SoftmaxSettings)
    incay: IncaySettings = field(default_factory=IncaySettings)
    optimizer: OptimizerSettings = field(default_factory=SGDSettings)
    schedule: ScheduleSettings = field(default_factory=StepSettings)
    augment: AugmentSettings = field(default_factory=AugmentSettings)
    preprocess: PreprocessSettings = field(default_factory=PreprocessSettings)
    average: AverageSettings = field(default_factory=AverageSettings)
    early_stopping: EarlyStoppingSettings = field(default_factory=EarlyStoppingSettings)
    split: SplitSettings = field(default_factory=SplitSettings)
    measure: MeasureSettings = field(default_factory=MeasureSettings)
    steps: int = 10_000
    batch_size: int = 128
    reports: int = 20
    precision: Literal["fp32", "bf16"] = "fp32"
    deterministic: bool = False
    seed: int = 0

    def __post_init__(self) -> None:
        require(self.steps >= 1, "steps >= 1", self.steps)
        require(self.steps <= MOST_STEPS, "steps <= 10^9", self.steps)
        require(self.batch_size >= 1, "batch_size >= 1", self.batch_size)
        require(self.batch_size <= 10**6, "batch_size <= 10^6", self.batch_size)
        parts = self.optimizer.accumulate
        fits = parts <= self.batch_size
        require(fits, f"optimizer.accumulate <= batch_size={self.batch_size}", parts)
        first = self.average.first(self.steps)
        fits = not self.average.active or first <= self.steps
        require(fits, f"a first average within steps={self.steps}", f"one after step {first}")
        require(self.reports >= 1, "reports >= 1", self.reports)
        require(self.reports <= 10**5, "reports <= 10^5", self.reports)
        require(self.precision in ("fp32", "bf16"), "precision in {fp32, bf16}", self.precision)
        require(0 <= self.seed < 2**63, "0 <= seed < 2**63", self.seed)
        for name in self.measure.sets:
            fits = name in datasets and name != self.dataset.name
            require(fits, f"measure.ood names other data sets, or {SHUFFLED}", name)
        beside = self.incay.named_background
        fits = not beside or (beside in datasets and beside != self.dataset.name)
        own = self.dataset.name
        require(fits, f"incay.settings name as background a data set that is not {own}", beside)
        if self.augment.mix.active and not self.loss.soft_labels:
            # Told by what must be looked up: not for every trial that is made.
            able = ", ".join(name for name, loss in losses.items() if loss.soft_labels)
            must = f"augment.mix is none, or the loss takes soft labels (those that do: {able})"
            require(False, must, f"{self.augment.mix.name} and {self.loss.name}")

    @property
    def outside(self) -> dict[str, DatasetSettings]:
        """The data sets that are measured as out of distribution, by name."""
        return {name: datasets[name]() for name in self.measure.sets}

    @property
    def background(self) -> DatasetSettings | None:
        """The data set of unknown samples that run beside its own, None without."""
        return datasets[self.incay.background]() if self.incay.background else None

    def to_dict(self) -> dict[str, Any]:
        """Return the whole configuration as plain JSON values."""
        return to_dict(self)

    def canonical_json(self) -> str:
        """Return the one JSON text that stands for what this trial computes.

        Keys are sorted. An incay term that is off appears as the default one, because it
        computes nothing: λ = 0 *is* the baseline.
        """
        return canonical(to_dict(self))

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> TrialConfig:
        """Return the configuration that `to_dict` or `canonical_json` described.

        This is for values that were checked before, as those of a study file are.

        Raises:
            UserError: They are not those of a trial, or of a component that is not known.
        """
        try:
            return _restore(cls, values)
        except UserError:
            raise
        except (TypeError, ValueError, LookupError, AttributeError, OverflowError) as error:
            raise UserError(
                f"the settings must be those of a trial, but do not fit: {first_line(error)}"
            ) from error


def _restore(cls: type[S], values: Mapping[str, Any]) -> S:
    hints = _hints(cast("Any", cls))
    arguments: dict[str, Any] = {}
    for item in fields(cls):
        if item.name not in values:
            continue
        value, hint = values[item.name], hints[item.name]
        if cls is TrialConfig and item.name in COMPONENTS:
            registry = COMPONENTS[item.name]
            value = _restore(registry[registry.named_in(value)], value)
        elif hint is PolicySettings:
            value = _restore(policies[value["name"]], value)
        elif isinstance(hint, type) and issubclass(hint, Settings):
            value = _restore(hint, value)
        elif hint is float:
            value = float(value)
        elif isinstance(value, list):
            value = tuple(value)
        arguments[item.name] = value
    return cls(**arguments)


@cache
def _hints(cls: type[Any]) -> dict[str, Any]:
    """Return the types of settings; to gather them takes a worker longer than all else of them."""
    return get_type_hints(cls)
