"""The contract of an optimiser's settings, and what all optimisers have in common."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from incay.trainables.settings import Component, require, require_finite

if TYPE_CHECKING:
    import torch

LR_RULES = ("none", "linear", "sqrt")


@dataclass(frozen=True, kw_only=True)
class OptimizerSettings(Component):
    """Changes weights by their gradients; `build` makes it over groups of parameters.

    Attributes:
        lr: Learning rate.
        weight_decay: μ of those parameters that `decay` names.
        bias_lr_multiplier: The learning rate of biases is this many times `lr`.
        decay: ``weights``: biases and parameters of norms have no weight decay; ``all``: all have.
        layer_decay: The learning rate of a layer is multiplied by this once for each layer of
            weights between it and the classifier (ULMFiT's discriminative rates); 1 is off.
        clip_norm: The gradient of all parameters together is scaled down to this norm (Pascanu et
            al., ICML 2013); 0 is off.
        clip_value: Each number of the gradient is cut to ±this, before its norm; 0 is off.
        accumulate: A step's batch is taken in so many parts, whose mean gradient makes the step.
            Steps and epochs are the same; batch norm sees one part at a time.
        max_norm: After each step the weights of an output (a row, or a filter) are scaled down to
            this norm (Srivastava et al., JMLR 2014, section 5.1); 0 is off.
        lr_rule: ``none``: `lr` is the learning rate; ``linear``: it is that of a batch of
            `lr_base_batch` and grows with the batch (Goyal et al. 2017); ``sqrt``: with its root
            (Krizhevsky 2014).
        lr_base_batch: Images of the batch that `lr` is meant for, where there is a rule.
    """

    lr: float = 0.001
    weight_decay: float = 0.0
    bias_lr_multiplier: float = 1.0
    decay: Literal["weights", "all"] = "weights"
    layer_decay: float = 1.0
    clip_norm: float = 0.0
    clip_value: float = 0.0
    accumulate: int = 1
    max_norm: float = 0.0
    lr_rule: Literal["none", "linear", "sqrt"] = "none"
    lr_base_batch: int = 256

    only_batch_norm: ClassVar[bool] = False
    """Whether `decay` knows batch norm alone as a norm: SGD does, as it did before others came."""
    apart: ClassVar[bool] = False
    """Whether matrices of hidden layers are groups of their own, with ``hidden: True``."""
    stacked_by: ClassVar[str] = ""
    """Whose step takes that of several trials at once (`incay.trainables.stacking.rows`)."""

    def __post_init__(self) -> None:
        require_finite("lr", self.lr, low_open=True)
        for name in ("weight_decay", "bias_lr_multiplier", "clip_norm", "clip_value", "max_norm"):
            require_finite(name, getattr(self, name))
        require(self.decay in ("weights", "all"), "decay in {weights, all}", self.decay)
        require(0.0 < self.layer_decay <= 1.0, "0 < layer_decay <= 1", self.layer_decay)
        require(1 <= self.accumulate <= 10**4, "1 <= accumulate <= 10^4", self.accumulate)
        require(self.lr_rule in LR_RULES, "lr_rule in {none, linear, sqrt}", self.lr_rule)
        require(1 <= self.lr_base_batch <= 10**6, "1 <= lr_base_batch <= 10^6", self.lr_base_batch)

    def build(self, groups: list[dict[str, Any]]) -> torch.optim.Optimizer:
        """Return the optimiser.

        Args:
            groups: Of parameters, as PyTorch's optimisers take them. Each has its ``weight_decay``
                and its factor of the learning rate, ``lr_factor``; the loop sets ``lr`` to their
                product before each step.
        """
        raise NotImplementedError

    def base_lr(self, batch_size: int) -> float:
        """Return the learning rate of a batch of so many images, before any schedule."""
        share = batch_size / self.lr_base_batch
        if self.lr_rule == "linear":
            return self.lr * share
        return self.lr * share**0.5 if self.lr_rule == "sqrt" else self.lr

    def alone_because(self) -> str:
        """Return why its trials cannot train as one computation; nothing if they may."""
        if not self.stacked_by:
            return f"optimizer {self.name} has no step for several trials at once"
        settings = {
            "clip_norm": (self.clip_norm > 0.0, "is of one trial's gradient"),
            "clip_value": (self.clip_value > 0.0, "is of one trial's gradient"),
            "accumulate": (self.accumulate > 1, "takes a batch in parts"),
            "max_norm": (self.max_norm > 0.0, "is of one trial's weights"),
        }
        for name, (is_on, why) in settings.items():
            if is_on:
                return f"optimizer.{name} {why}"
        return ""
