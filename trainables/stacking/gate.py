"""The rehearsal: before trials train together, some steps are compared with training alone.

It is made with members of its own, of the same architecture, number, data and device. Each has
its own seed, learning rate, weight decay, λ and threshold, however alike the trials are: members
that hold the same numbers would hide that they get into each other's way.

Both sides begin each step from the same numbers. Rounding in the first steps of a network with
batch norm grows so fast that after four of them two runs *alone* in fp32, of which one began
1e-7 elsewhere, have gradients with nothing in common.
"""

from __future__ import annotations

import copy
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import torch
from torch import Tensor

from incay.trainables.config import TrialConfig
from incay.trainables.data.base import Split
from incay.trainables.exits import asked_from_outside
from incay.trainables.seeds import derive_seed
from incay.trainables.stacking.key import stack_key
from incay.trainables.stacking.member import StackMember
from incay.trainables.stacking.run import StackedRun
from incay.trainables.training.batches import DeviceSplit
from incay.trainables.training.evaluate import EVALUATION_BATCH, Samples
from incay.trainables.training.prepared import PreparedData

STEPS = 4
"""Steps that are compared: momentum (and Adam's means), statistics and incay's start take part."""
CHECKED = 4
"""Members that are compared, the first and the last among them."""
FORWARD = {"fp32": 5e-3, "bf16": 0.3}
"""How far statistics, metrics and evaluation may be apart after one step, as a share of what
they change by (Frobenius norms); up to 1e-3 and 0.17 were seen (docs/benchmarks.md)."""
BACKWARD = 0.3
"""The same in fp32 for what the step changes parameters and momentum by, all together, and for
the incay term; up to 0.05 was seen, where a maximum, a ReLU or a threshold falls to the other
side."""
BACKWARD_BF16 = 3.0
"""In bf16 gradients are noise to a good part. A stack's may be this many times as far from
those of fp32 as bf16's are alone; 1.0 to 1.8 was usual, 2.9 the most."""
ROUNDING = 1e-6
"""A difference is nothing where it is at most this share of the tensor itself."""

_known: dict[tuple[str, int, str], str] = {}


def rehearse(
    configs: Sequence[TrialConfig],
    data: PreparedData,
    device: torch.device,
    on_batch: Callable[[], None] | None = None,
) -> str:
    """Return why trials must not train together on this device, or nothing if they may.

    The answer is remembered for as long as the process lives.

    Args:
        configs: The trials, of equal `stack_key`.
        data: Their data set.
        device: Where they are to train.
        on_batch: Called before each step.
    """
    known = (stack_key(configs[0]), len(configs), str(device))
    if known not in _known:
        varied = [_varied(config, index) for index, config in enumerate(configs)]
        exact = [replace(config, precision="fp32") for config in varied]
        beat = on_batch or (lambda: None)
        reason = _compare(exact, data, device, beat)
        if not reason and varied != exact:
            reason = _compare(varied, data, device, beat)
        _known[known] = reason
    return _known[known]


def _varied(config: TrialConfig, index: int) -> TrialConfig:
    """Return the configuration with mild settings of its own, so that all branches are taken."""
    share = 2.0 ** (index % 3)
    incay = config.incay
    if incay.active:
        threshold = incay.threshold if isinstance(incay.threshold, str) else 2.0 * share
        start = min(incay.start_step, 1)
        incay = replace(incay, weight=0.01 * share, threshold=threshold, start_step=start)
    return replace(
        config,
        seed=derive_seed(config.seed, "rehearsal", index),
        optimizer=replace(config.optimizer, lr=0.005 * share, weight_decay=0.01 * share),
        incay=incay,
    )


def _compare(
    configs: list[TrialConfig], data: PreparedData, device: torch.device, beat: Callable[[], None]
) -> str:
    images, labels = data.train.images[:EVALUATION_BATCH], data.train.labels[:EVALUATION_BATCH]
    few = DeviceSplit(Split(images.cpu().numpy(), labels.cpu().numpy()), device)
    members = [StackMember(config, data, device) for config in configs]
    last = len(configs) - 1
    checked = sorted({round(i * last / (CHECKED - 1)) for i in range(CHECKED)})
    try:
        run = StackedRun(members)
        for _ in range(min(STEPS, configs[0].steps)):
            starts = [_state(run, members[index]) for index in checked]
            beat()
            run.train_step()
            totals, evaluated = run.totals(), run.evaluate(few)
            for index, start in zip(checked, starts, strict=True):
                beat()
                run.write_back(members[index])
                stacked = _after(members[index], totals[index][0])
                wrong = _worst(
                    _step_apart(configs[index], start, stacked, members[index])
                    | _evaluation_apart(evaluated[index], members[index], few)
                )
                if wrong:
                    return f"{_parts(configs[0])}: {wrong} (member {index} of {len(configs)})"
    except BaseException as error:  # whatever cannot be done for several trials at once
        if asked_from_outside(error):
            raise
        said = (str(error).splitlines() or [""])[0]
        return f"{_parts(configs[0])} cannot run for several trials at once: {said}"
    return ""


Apart = dict[str, tuple[float, float]]
"""By name: how far two sides are apart, and how far they may be."""


def _step_apart(
    config: TrialConfig, start: dict[str, Any], stacked: _After, like: StackMember
) -> Apart:
    """Compare a member's step in the stack with the same step alone."""

    def step_alone(config: TrialConfig) -> tuple[_After, _After]:
        alone = StackMember(config, like.data, like.device)
        alone.load_state_dict(copy.deepcopy(start))
        before = _after(alone, {})
        return before, _after(alone, alone.train_alone(1))

    before, alone = step_alone(config)
    limit = FORWARD[config.precision]
    apart = {
        name: (_apart(stacked.forward[name], value, before.forward.get(name)), limit)
        for name, value in alone.forward.items()
        # Incay that has not started is 0 alone, and none in a stack.
        if name in stacked.forward or name != "train.incay"
    }
    incay = apart.pop("train.incay", None)
    if config.precision == "fp32":
        if incay is not None:
            apart["train.incay"] = incay[0], BACKWARD
        for what in (0, 1):
            difference = _distance(stacked.backward[what], alone.backward[what])
            change = _distance(alone.backward[what], before.backward[what])
            share = difference / change if change > 0.0 else math.inf
            apart[("what parameters change by", "momentum")[what]] = share, BACKWARD
        return apart
    _, exact = step_alone(replace(config, precision="fp32"))
    usual = _distance(alone.backward[1], exact.backward[1])
    found = _distance(stacked.backward[1], exact.backward[1])
    apart["the distance of momentum to fp32"] = found / max(usual, ROUNDING), BACKWARD_BF16
    return apart


def _evaluation_apart(stacked: Samples, member: StackMember, split: DeviceSplit) -> Apart:
    """Compare evaluation in the stack with evaluation of the same numbers alone."""
    alone = member.evaluate(split)
    limit = FORWARD[member.config.precision]
    return {
        "evaluated features": (_apart(stacked.features, alone.features, None), limit),
        "evaluated loss": (_apart(stacked.loss, alone.loss, None), limit),
    }


def _worst(apart: Apart) -> str:
    """Return the first that is too far apart, in words, or nothing."""
    for name, (share, limit) in apart.items():
        if not share <= limit:
            return f"{name} is {share:.2g} away from training alone, at most {limit:g} must hold"
    return ""


@dataclass(frozen=True)
class _After:
    """Where a step has led: statistics and metrics by name; parameters and their momentum."""

    forward: dict[str, Tensor]
    backward: tuple[list[Tensor], list[Tensor]]


def _after(member: StackMember, totals: Mapping[str, float]) -> _After:
    # Errors jump from sample to sample, so they are not compared.
    forward = {name: torch.tensor(value) for name, value in totals.items() if name != "train.error"}
    forward |= {name: buffer.clone() for name, buffer in member.modules.named_buffers()}
    parameters = [parameter.detach().clone() for parameter in member.modules.parameters()]
    momentum = []
    for parameter in member.modules.parameters():
        state = member.optimizer.state[parameter]
        kept = [each for each in state.values() if isinstance(each, Tensor) and each.ndim]
        momentum += [each.clone() for each in kept] or [torch.zeros_like(parameter)]
    return _After(forward, (parameters, momentum))


def _state(run: StackedRun, member: StackMember) -> dict[str, Any]:
    run.write_back(member)
    return {**copy.deepcopy(member.state_dict()), "step": run.step}


def _apart(found: Tensor, expected: Tensor, start: Tensor | None) -> float:
    """Return ‖found − expected‖ as a share of ‖expected − start‖, which is 0 at no start."""
    if not torch.equal(found.isnan(), expected.isnan()):
        return math.inf
    found, expected = found.double().nan_to_num(), expected.double().nan_to_num()
    difference = float((found - expected).norm())
    if difference <= ROUNDING * float(expected.norm()):
        return 0.0
    if start is None or expected.ndim == 0:  # a single number may hardly change at all
        start = torch.zeros_like(expected)
    change = float((expected - start.double().nan_to_num()).norm())
    return difference / change if change > 0.0 else math.inf


def _distance(found: Sequence[Tensor], expected: Sequence[Tensor]) -> float:
    pairs = zip(found, expected, strict=True)
    return math.hypot(*(float((one - other).double().norm()) for one, other in pairs))


def _parts(config: TrialConfig) -> str:
    return f"network {config.network.name} with loss {config.loss.name}"
