"""What the study asked for: its arms, what they were compared with and what they cost."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from incay.analysis.comparing.references import references, shared_settings
from incay.analysis.results.study import Arm, StudyResults
from incay.trainables.names import DERIVED


@dataclass(frozen=True)
class ArmRow:
    """An arm as the report lists it.

    Attributes:
        arm: The arm, with its difference from the baseline and what was searched.
        reference: What it is compared with; empty where it is with none.
        searched: Number of search trials.
        confirmed: Number of replicates.
        minutes: What all of them took, on its device.
    """

    arm: Arm
    reference: str
    searched: int
    confirmed: int
    minutes: float


def arms(results: StudyResults) -> list[ArmRow]:
    """Return the arms in the study file's order."""
    compared = references(results)
    return [
        ArmRow(
            arm=arm,
            reference=compared.get(arm.name, ""),
            searched=len(arm.phase("search")),
            confirmed=len(arm.phase("confirm")),
            minutes=sum(trial.seconds for trial in arm.trials) / 60.0,
        )
        for arm in results.arms
    ]


def shared_by_all(results: StudyResults) -> Mapping[str, Any]:
    """Return what all arms share: every setting of theirs that is known."""
    shared = shared_settings(results.arms)
    return {name: value for name, value in shared.items() if name not in DERIVED}
