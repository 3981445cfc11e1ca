"""The shapes of the books: what a study asks for, its trials, the winners of its search."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

SCHEMA = 1
"""Of `StudyBook`: the newest that this program reads."""

Phase = Literal["search", "confirm"]


@dataclass(frozen=True, kw_only=True)
class ArmBook:
    """One arm, as it was asked for.

    Attributes:
        name: Its name.
        difference: What differs from the baseline, by dotted name.
        search: The searched settings and their ranges, as the study file writes them.
        config: Its full configuration, nested; a searched setting has its starting value.
    """

    name: str
    difference: Mapping[str, Any] = field(default_factory=dict)
    search: Mapping[str, Any] = field(default_factory=dict)
    config: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class StudyBook:
    """What a study asks for.

    Attributes:
        name: The study's name.
        run: The study's run.
        question: What it asks.
        table: Name of its table definition, None for the general one.
        protocol: ``paper``, or ``sealed``: the test set is opened after the search is frozen.
        overrides: What ``--set`` changed, as typed.
        created: When, ISO 8601.
        baseline: Name of the arm that the others are compared with.
        factor: Dotted names (or their first parts) that are under test, if declared.
        objective: ``metric`` and ``mode`` of the search, and ``also``: further metrics.
        budget: Search trials per arm and the like, None without a search.
        unreached: What the search cannot reach of what it declares, in words.
        replicates: Seeds per arm in the confirm phase.
        diverged_policy: ``exclude`` or ``worst``: how diverged replicates count.
        resources: What one trial occupies.
        document: The resolved study document.
        arms: Its arms, in the study file's order.
        schema: Of this shape.
    """

    schema: int = SCHEMA
    name: str
    run: str
    question: str = ""
    table: str | None = None
    protocol: str = "sealed"
    overrides: tuple[str, ...] = ()
    created: str = ""
    baseline: str
    factor: tuple[str, ...] = ()
    objective: Mapping[str, Any] = field(default_factory=dict)
    budget: Mapping[str, Any] | None = None
    unreached: tuple[str, ...] = ()
    replicates: int = 1
    diverged_policy: str = "exclude"
    resources: Mapping[str, Any] = field(default_factory=dict)
    document: Mapping[str, Any] = field(default_factory=dict)
    arms: tuple[ArmBook, ...]

    @property
    def variant(self) -> str:
        """How the run differs from the study's file, as the user said it."""
        return " ".join(self.overrides) or "as written"


@dataclass(frozen=True, kw_only=True)
class TrialRow:
    """One trial of a study.

    Attributes:
        arm: Name of its arm.
        phase: ``search``, or ``confirm`` (also of ``protocol: paper``).
        number: The search trial's number, or the replicate: the same replicate has the same seed
            in every arm, so that arms are compared in pairs.
        fingerprint: What its record is filed under.
        params: What was searched, by dotted name.
    """

    arm: str
    phase: Phase
    number: int
    fingerprint: str
    params: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Frozen:
    """Winners of a search.

    Attributes:
        winners: ``fingerprint``, ``params`` and ``code_version`` by arm.
        sha256: Of the winners.
    """

    winners: Mapping[str, Mapping[str, Any]]
    sha256: str

    @classmethod
    def of(cls, winners: Mapping[str, Mapping[str, Any]]) -> Frozen:
        """Return winners with their hash."""
        return cls(winners, _digest(winners))

    @property
    def is_whole(self) -> bool:
        """Whether the winners match their hash."""
        return self.sha256 == _digest(self.winners)


def study_book(values: Mapping[str, Any]) -> StudyBook:
    """Return the study that JSON values describe."""
    arms = tuple(ArmBook(**_known(ArmBook, arm)) for arm in values["arms"])
    lists = {name: tuple(values.get(name) or ()) for name in ("overrides", "factor", "unreached")}
    return StudyBook(**{**_known(StudyBook, values), **lists, "arms": arms})


def trial_rows(values: Mapping[str, Any]) -> list[TrialRow]:
    """Return the trials that JSON values describe."""
    return [TrialRow(**_known(TrialRow, row)) for row in values["trials"]]


def _known(shape: Any, values: Mapping[str, Any]) -> dict[str, Any]:
    """Return the values that a shape has a place for."""
    names = shape.__dataclass_fields__
    return {name: value for name, value in values.items() if name in names}


def _digest(winners: Mapping[str, Any]) -> str:
    return hashlib.sha256(json.dumps(winners, sort_keys=True).encode()).hexdigest()
