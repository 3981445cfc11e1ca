"""Whether components of a user's own can do a first step, asked before any trial begins.

A component of this package is tested; of a user's own nothing is known but what it does. So it is
built as a trial builds it, and trained for one step on a few images of its data set.
"""

from __future__ import annotations

import math
import sys
from contextlib import redirect_stdout
from dataclasses import replace

import numpy as np
import torch
from torch import Tensor, nn

from incay.trainables.augment.modules.base import Augmentation, Augmenter
from incay.trainables.config import TrialConfig
from incay.trainables.data.base import ImageData
from incay.trainables.exits import asked_from_outside
from incay.trainables.incay import forms
from incay.trainables.incay.modules.term import FormError, Incay
from incay.trainables.losses.modules.base import ClassifierLoss, Loss, LossOutput, Term
from incay.trainables.optimizers.modules.update import Update
from incay.trainables.schedules import Schedule
from incay.trainables.source.tree import own_code
from incay.trainables.training.objective import reduce_terms
from incay.trainables.uses.problems import definition_place, place_in, reason

_IMAGES = 4


class _RefusalError(Exception):
    """What a component must do, and what it does instead."""


def own_refusal(config: TrialConfig, data: ImageData) -> tuple[str, str]:
    """Return which component cannot do a first step, and why; two empty texts if all can.

    Args:
        config: The trial, with a component of the user's own.
        data: Its data set.
    """
    step = _FirstStep(config, data)
    files = own_code.files
    try:
        # What a component prints is not what the command answers.
        with torch.random.fork_rng(devices=[]), redirect_stdout(sys.stderr):
            torch.manual_seed(config.seed)
            step.run()
    except _RefusalError as error:
        return step.doing, f"{definition_place(step.at_work)}{error}"
    except BaseException as error:
        if asked_from_outside(error):
            raise
        return step.doing, f"{place_in(error, files)}{reason(error)}"
    return "", ""


class _FirstStep:
    """One step of training, and what must hold of each component's part in it.

    Attributes:
        doing: The component that is at work.
    """

    def __init__(self, config: TrialConfig, data: ImageData) -> None:
        self.doing = "network"
        self._config = config
        count = min(max(2, config.batch_size), _IMAGES, len(data.train.labels))
        pixels = np.ascontiguousarray(data.train.images[:count])
        self._images = torch.from_numpy(pixels).float() * data.scale
        self._labels = torch.from_numpy(np.ascontiguousarray(data.train.labels[:count]))
        self._data = data

    @property
    def at_work(self) -> type:
        """The class of the component that is at work."""
        if self.doing == "incay":
            return forms[self._config.incay.form]
        if self.doing == "augment":
            return type(self._config.augment.policy)
        return type(getattr(self._config, self.doing))

    def run(self) -> None:
        """Do it.

        Raises:
            _RefusalError: A component does not do what it must.
        """
        config, data = self._config, self._data
        self._augment()
        self.doing = "network"
        network = config.network.build(data.image_shape)
        _require(isinstance(network, nn.Module), "build must return a module", type(network))
        size = getattr(network, "num_features", None)
        _require(isinstance(size, int), "its num_features must be a whole number", size)
        self.doing = "loss"
        loss = config.loss.build(int(str(size)), data.num_classes)
        _require(isinstance(loss, Loss), "build must return a Loss", type(loss))
        self.doing = "network"
        features = network(self._images)
        count = len(self._labels)
        _check_tensor("features", features, (count, int(str(size))))
        self.doing = "loss"
        terms = self._terms(loss, features, count, data.num_classes)
        _check_gradient(terms, features)
        modules = nn.ModuleDict({"network": network, "loss": loss})
        if config.incay.active:
            self.doing = "incay"
            incay = Incay(replace(config.incay, start_step=0))
            terms["incay"] = self._penalty(incay, loss, features)
            modules["incay"] = incay
            _check_gradient({"incay": terms["incay"]}, features)
        self.doing = "loss" if any(each.requires_grad for each in loss.parameters()) else "network"
        objective, _ = reduce_terms(terms)
        objective.backward()  # type: ignore[no-untyped-call]
        for name, module in modules.items():
            self.doing = name
            for parameter, value in module.named_parameters():
                finite = value.grad is None or bool(value.grad.isfinite().all())
                _require(finite, f"the gradient of {parameter} must be finite", "NaN or infinity")
        self._change(modules)

    def _change(self, modules: nn.ModuleDict) -> None:
        """Take the step, at the rate of the first one."""
        config = self._config
        self.doing = "schedule"
        schedule = config.schedule.build(config.steps)
        _require(isinstance(schedule, Schedule), "build must return a Schedule", type(schedule))
        for step in (config.steps - 1, 0):
            factor = schedule.factor(step)
            fits = isinstance(factor, int | float) and 0.0 <= factor < math.inf
            _require(fits, f"the factor of step {step} must be a finite number >= 0", factor)
        schedule.report(100.0)
        self.doing = "optimizer"
        update = Update(config.optimizer, modules)
        kind = type(update.optimizer)
        is_one = isinstance(update.optimizer, torch.optim.Optimizer)
        _require(is_one, "build must return an optimizer of torch.optim's kind", kind)
        update.set_lr(config.optimizer.base_lr(config.batch_size) * factor)
        update.step()
        for parameter, value in modules.named_parameters():
            finite = bool(value.isfinite().all())
            _require(finite, f"{parameter} must be finite after a step", "NaN or infinity")

    def _augment(self) -> None:
        policy = self._config.augment.policy
        if not policy.active:
            return
        self.doing = "augment"
        built = policy.build(self._data.image_shape)
        _require(isinstance(built, Augmentation), "build must return an Augmentation", type(built))
        count = len(self._labels)
        images = torch.from_numpy(self._data.train.images[:count].copy())
        changed = Augmenter((policy,), self._data.image_shape, 0, 0).pixels(images, 0)
        _require(isinstance(changed, Tensor), "it must return a tensor", type(changed))
        _require(changed.dtype == torch.uint8, "it must return uint8", changed.dtype)
        got, shape = tuple(changed.shape), tuple(images.shape)
        _require(got == shape, f"it must return images of {shape}", got)

    def _terms(self, loss: Loss, features: Tensor, count: int, classes: int) -> dict[str, Term]:
        if isinstance(loss, ClassifierLoss):
            # A single number would be taken for every sample's.
            target_B = loss.scores(features)[torch.arange(count), self._labels]
            changed_B = loss.target_logit(target_B, features, self._labels, 0)
            _check_tensor("what target_logit returns", changed_B, (count,))
        output = loss(features, self._labels, 0)
        _require(isinstance(output, LossOutput), "forward must return a LossOutput", type(output))
        for name, term in output.terms.items():
            is_name = isinstance(name, str) and bool(name) and name.isprintable()
            _require(is_name, "the names of terms must be text that can be printed", repr(name))
            _check_tensor(f"term {name!r}", term.value_B, (count,))
        shape = tuple(output.prediction_B.shape)
        _require(shape == (count,), f"prediction_B must have the shape ({count},)", shape)
        _check_tensor("logits", loss.logits(features.detach()), (count, classes))
        return dict(output.terms)

    def _penalty(self, incay: Incay, loss: Loss, features: Tensor) -> Term:
        """Return the term, once it was asked for one of zeros too."""
        try:
            term, zero = (
                incay(each, torch.ones(len(each), dtype=torch.bool), 0, loss.logits)
                for each in (features, torch.zeros_like(features, requires_grad=True))
            )
        except FormError as error:
            raise _RefusalError(str(error)) from error
        assert isinstance(term, Term)  # it has begun
        assert isinstance(zero, Term)
        _check_tensor("penalty", term.value_B, (len(self._labels),))
        _check_tensor("penalty at ‖f‖ = 0", zero.value_B, (len(self._labels),))
        for name, unknown in incay.unknown(features, 0, loss.logits).items():
            _check_tensor(f"of unknown samples {name!r}", unknown.value_B, (len(self._labels),))
        return term


def _check_gradient(terms: dict[str, Term], features: Tensor) -> None:
    """Refuse terms whose gradient is not finite: what comes of it would look like others' fault."""
    objective, _ = reduce_terms(terms)
    if not (objective.requires_grad and features.requires_grad):
        return
    (gradient,) = torch.autograd.grad(objective, features, retain_graph=True, allow_unused=True)
    finite = gradient is None or bool(gradient.isfinite().all())
    _require(finite, "the gradient of the features must be finite", "NaN or infinity")


def _check_tensor(what: str, value: Tensor, shape: tuple[int, ...]) -> None:
    _require(isinstance(value, Tensor), f"{what} must be a tensor", type(value))
    got = tuple(value.shape)
    _require(got == shape, f"{what} must have the shape {shape}", got)
    _require(value.is_floating_point(), f"{what} must be floating-point numbers", value.dtype)
    _require(bool(value.isfinite().all()), f"{what} must be finite", "NaN or infinity")


def _require(holds: bool, must_hold: str, got: object) -> None:
    if not holds:
        text = got.__name__ if isinstance(got, type) else str(got)
        raise _RefusalError(f"{must_hold}, but got {text}")
