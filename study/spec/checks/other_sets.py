"""The data sets that a trial names beside its own: out of distribution, or in the background."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from incay.study.spec.reading.yaml_values import KeyPath
from incay.trainables.config import TrialConfig
from incay.trainables.data import datasets
from incay.trainables.measures.settings import SHUFFLED
from incay.trainables.registry import describe_unknown


def other_set_problem(parts: Mapping[str, Any]) -> tuple[KeyPath, str] | None:
    """Return what is wrong with the name of another data set, and where; None if nothing is.

    Args:
        parts: The parts of a trial's settings that are given.
    """
    own = parts["dataset"].name if "dataset" in parts else TrialConfig().dataset.name
    for path, what, name, more in _named(parts):
        if name == own:
            return path, f"{what} must be other images than the study's own, but is {name}, too"
        if name not in datasets:
            others = (each for each in datasets if each != own)
            return path, describe_unknown(what, name, [*more, *others])
    return None


def _named(parts: Mapping[str, Any]) -> Iterator[tuple[KeyPath, str, str, tuple[str, ...]]]:
    """Yield where each name stands, what it is called, the name, and what else may be named."""
    if "measure" in parts:
        for name in parts["measure"].sets:
            yield ("measure", "ood"), "measure.ood", name, (SHUFFLED,)
    if "incay" in parts and (name := parts["incay"].named_background):
        yield ("incay", "settings", "background"), "incay.settings.background", name, ("none",)
