"""Settings by dotted name, as in ``incay.weight``: the names of --set, MLflow, Optuna and tables.

Nested is how a configuration is kept: ``{"incay": {"weight": 0.1}}``.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

INCAY = "incay"
WEIGHT = "incay.weight"
"""λ."""
FORM = "incay.form"
THRESHOLD = "incay.threshold"
DATASET, NETWORK, LOSS = "dataset.name", "network.name", "loss.name"
OPTIMIZER, SCHEDULE = "optimizer.name", "schedule.kind"
MARGIN_GRADIENT = "loss.gradient"
WIDTH, FEATURE_SCALE = "network.width", "network.feature_scale"
LEARNING_RATE, WEIGHT_DECAY = "optimizer.lr", "optimizer.weight_decay"
MOMENTUM = "optimizer.momentum"
STEPS, BATCH_SIZE, REPORTS, SEED = "steps", "batch_size", "reports", "seed"
PRECISION = "precision"
NAMING = (DATASET, NETWORK, LOSS, OPTIMIZER, SCHEDULE)
"""The settings that name a component."""
DERIVED = (SEED, "split.seed", "split.test")
"""Settings that a study derives, so that they say nothing of a method."""
NEEDS: Mapping[str, tuple[str, Any]] = {
    "average.decay": ("average.name", ("ema",)),
    "average.warmup": ("average.name", ("ema",)),
    "average.start": ("average.name", ("swa",)),
    "average.every": ("average.name", ("ema", "swa")),
    "early_stopping.patience": ("early_stopping.metric", ("val.error", "val.loss")),
    "early_stopping.min_delta": ("early_stopping.metric", ("val.error", "val.loss")),
    "augment.mix.alpha": ("augment.mix.name", ("mixup", "cutmix")),
    "augment.erasing.min_area": ("augment.erasing.probability", None),
    "augment.erasing.max_area": ("augment.erasing.probability", None),
    "augment.erasing.min_ratio": ("augment.erasing.probability", None),
    "augment.resized_crop.max_ratio": ("augment.resized_crop.min_area", None),
    "optimizer.lr_base_batch": ("optimizer.lr_rule", ("linear", "sqrt")),
    "schedule.growth": ("schedule.restarts", None),
    "schedule.milestones": (SCHEDULE, ("step",)),
    "schedule.drops": (SCHEDULE, ("plateau",)),
    "schedule.patience": (SCHEDULE, ("plateau",)),
    "schedule.min_delta": (SCHEDULE, ("plateau",)),
}
"""By setting: which other decides whether it acts, and by which values; None: unless it is 0."""

_MAPPINGS = (dict, Mapping)
"""What nested settings are; to ask first for what they mostly are takes a tenth."""
_PLAIN = (str, int, float)
"""What most settings are; to ask whether one is a mapping takes longer than all else here."""


def flatten(values: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    """Return nested settings by dotted name; an empty mapping is a value."""
    flat: dict[str, Any] = {}
    for key, value in values.items():
        if value and not isinstance(value, _PLAIN) and isinstance(value, Mapping):
            flat |= flatten(value, f"{prefix}{key}.")
        else:
            flat[f"{prefix}{key}"] = value
    return flat


def nest(flat: Mapping[str, Any]) -> dict[str, Any]:
    """Return settings by dotted name as nested ones; a later one stands where two do not fit."""
    values: dict[str, Any] = {}
    for name, value in flat.items():
        *parents, last = name.split(".")
        node = values
        for parent in parents:
            inner = node.get(parent)
            if not isinstance(inner, dict):
                inner = node[parent] = {}
            node = inner
        node[last] = value
    return values


def look_up(values: Mapping[str, Any], name: str) -> Any:
    """Return a setting of nested ones by dotted name, None where there is none."""
    value: Any = values
    for part in name.split("."):
        if not isinstance(value, _MAPPINGS) or part not in value:
            return None
        value = value[part]
    return value


def has(values: Mapping[str, Any], name: str) -> bool:
    """Return whether nested settings hold a dotted name, be it None."""
    parent, _, last = name.rpartition(".")
    node = look_up(values, parent) if parent else values
    return isinstance(node, Mapping) and last in node


def within(name: str, parts: Iterable[str]) -> bool:
    """Return whether a dotted name is one of the parts, or lies in one of them."""
    return any(name == part or name.startswith(f"{part}.") for part in parts)


def replaced(config: Mapping[str, Any], params: Mapping[str, Any]) -> list[str]:
    """Return the parts of a nested configuration in which a search has put another component.

    The configuration's own settings of such a part are not the other component's.

    Args:
        config: What an arm asks for.
        params: What a search chose, by dotted name.
    """
    return [
        name.partition(".")[0]
        for name in NAMING
        if name in params and params[name] != look_up(config, name)
    ]


def incay_is_on(config: Mapping[str, Any]) -> bool:
    """Return whether a nested configuration has an incay term: λ = 0 is the plain loss."""
    return look_up(config, FORM) not in (None, "none") and bool(look_up(config, WEIGHT))


def matters(config: Mapping[str, Any], name: str) -> bool:
    """Return whether a setting can change what a configuration computes.

    Those of incay cannot where it is off, nor those of an average where none is taken; others can
    where the configuration has them: ``loss.margin`` is none of plain softmax's.

    Args:
        config: A whole configuration, nested. Of an empty one nothing is known, and the answer
            is yes.
        name: The setting's dotted name.
    """
    if not config:
        return True
    if within(name, (INCAY,)):
        return incay_is_on(config)
    return has(config, name) and acts(config, name)


def acts(config: Mapping[str, Any], name: str) -> bool:
    """Return whether a setting can change what is computed, as far as another one decides it.

    Args:
        config: A whole configuration, nested.
        name: The setting's dotted name.
    """
    if name not in NEEDS or not has(config, NEEDS[name][0]):
        return True
    switch, on = NEEDS[name]
    value = look_up(config, switch)
    return bool(value) if on is None else value in on
