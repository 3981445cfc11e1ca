"""Settings of optimiser, schedule and split."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from incay.trainables.settings import Settings, require, require_finite


@dataclass(frozen=True, kw_only=True)
class OptimizerSettings(Settings):
    """SGD with the authors' per-parameter rules.

    Attributes:
        lr: Learning rate; 0.1 in both papers.
        momentum: 0.9 in both papers.
        weight_decay: μ; adds μ·w to the gradient of weights. 0.0005 in both papers. Biases
            and batch-norm parameters have none (L-Softmax and SphereFace authors' settings).
        bias_lr_multiplier: The learning rate of biases is this many times `lr`; 2 in the
            L-Softmax and SphereFace authors' settings.
    """

    lr: float = 0.1
    momentum: float = 0.9
    weight_decay: float = 5e-4
    bias_lr_multiplier: float = 2.0

    def __post_init__(self) -> None:
        require_finite("lr", self.lr, low_open=True)
        require(0.0 <= self.momentum < 1.0, "0 <= momentum < 1", self.momentum)
        require_finite("weight_decay", self.weight_decay)
        require_finite("bias_lr_multiplier", self.bias_lr_multiplier)


@dataclass(frozen=True, kw_only=True)
class ScheduleSettings(Settings):
    """When the learning rate falls.

    Attributes:
        kind: ``step``: at the milestones; ``plateau``: when the training error has not fallen
            by `min_delta` for `patience` reports (the papers: "three times when the training
            error stops decreasing").
        factor: The learning rate is multiplied by it; 0.1 in both papers.
        milestones: For ``step``: whole numbers are steps, fractions in (0, 1) are shares of
            all steps, so that a shortened run keeps its shape. The L-Softmax authors' MNIST
            settings are 5,000 and 7,500 of 10,000 steps.
        drops: For ``plateau``: how often the rate falls at most.
        patience: For ``plateau``: reports without progress before it falls.
        min_delta: For ``plateau``: the fall of the training error that counts as progress.
    """

    kind: Literal["step", "plateau"] = "step"
    factor: float = 0.1
    milestones: tuple[int | float, ...] = (0.5, 0.75)
    drops: int = 3
    patience: int = 2
    min_delta: float = 0.0005

    def __post_init__(self) -> None:
        require(self.kind in ("step", "plateau"), "kind in {step, plateau}", self.kind)
        require(0.0 < self.factor < 1.0, "0 < factor < 1", self.factor)
        for milestone in self.milestones:
            fits = milestone > 0 and (isinstance(milestone, int) or milestone < 1)
            require(fits, "each milestone is a step > 0 or a fraction in (0, 1)", milestone)
        require(self.drops >= 0, "drops >= 0", self.drops)
        require(self.patience >= 1, "patience >= 1", self.patience)
        require_finite("min_delta", self.min_delta)


@dataclass(frozen=True, kw_only=True)
class SplitSettings(Settings):
    """Which images train, validate and test.

    Attributes:
        validation: Share of the training set held out for validation, stratified by class;
            0 trains on all of it.
        seed: Draws the held-out images; arms of a study share it.
        test: ``sealed``: the test split is never evaluated; ``final``: once, after the last
            step; ``reports``: at every report, as the papers' curves need.
    """

    validation: float = 0.0
    seed: int = 0
    test: Literal["sealed", "final", "reports"] = "sealed"

    def __post_init__(self) -> None:
        require(0.0 <= self.validation <= 0.5, "0 <= validation <= 0.5", self.validation)
        require(self.seed >= 0, "seed >= 0", self.seed)
        require(
            self.test in ("sealed", "final", "reports"),
            "test in {sealed, final, reports}",
            self.test,
        )
