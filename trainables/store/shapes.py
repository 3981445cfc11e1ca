"""The shapes of what lies in the store beside records: the books of studies, trials' progress.

The order of a shape's fields is that of its JSON. What an older store does not say has a default.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from incay.trainables.metrics import ERROR, VALIDATION

SCHEMA = 1
"""Of `StudyBook`: the newest that this program reads."""
MOST_SEARCHES = 100
"""How often the search of each arm may be made: each is a row of tables and a line of figures."""

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
class Objective:
    """What a search makes small or large.

    Attributes:
        metric: The metric that picks the winner.
        mode: Its direction, ``min`` or ``max``.
        also: Further metrics and their directions.
    """

    metric: str = ERROR.of(VALIDATION)
    mode: Literal["min", "max"] = "min"
    also: Mapping[str, str] = field(default_factory=dict)

    @property
    def is_error(self) -> bool:
        """Whether the winner has the least error, as it has where nothing else is asked for."""
        return self.metric == ERROR.of(VALIDATION)

    @property
    def directions(self) -> dict[str, str]:
        """Every metric with its direction, the winner's first."""
        return {self.metric: self.mode, **self.also}


@dataclass(frozen=True, kw_only=True)
class Budget:
    """What the search of each arm may use.

    Attributes:
        trials: Points per arm, at most.
        seeds: With how many seeds each point is trained.
        race: By what rule a hopeless point's seeds that are left are spared.
        trainings: What each arm gets the same number of in place of points; None for points.
        sampler: How points are chosen.
        pruner: How hopeless trials are ended early.
        parallel: How many of an arm's points may be in training at once.
        seconds: An arm takes no further point once its trials have taken this long; None for no
            limit.
        seed: The first seed of all points, None where it is derived.
    """

    trials: int = 0
    seeds: int = 1
    race: str = "none"
    trainings: int | None = None
    sampler: str = ""
    pruner: str = ""
    parallel: int = 1
    seconds: float | None = None
    seed: int | None = None


@dataclass(frozen=True, kw_only=True)
class StudyBook:
    """What a study asks for.

    Attributes:
        name: The study's name.
        run: The study's run.
        question: What it asks.
        table: Name of its table definition, None for the general one.
        columns: Measures that its table shows in place of a definition's columns.
        protocol: ``paper``, or ``sealed``: the test set is opened after the search is frozen.
        overrides: What ``--set`` changed, as typed.
        created: When, ISO 8601.
        baseline: Name of the arm that the others are compared with.
        factor: Dotted names (or their first parts) that are under test, if declared.
        objective: Of the search.
        budget: Of the search of each arm, None without a search.
        unreached: What the search cannot reach of what it declares, in words.
        sampling: By which version its points are chosen; empty where none is, or an earlier version
            has written the book.
        replicates: Seeds per arm in the confirm phase, at most; those of all repetitions of the
            search.
        looks: After how many of them the test results are looked at; one look where seeds are
            fixed, none where an earlier version has written the book.
        spending: How the level of the test is shared out among looks.
        repetitions: How often the search of each arm is made, and its winner confirmed.
        diverged_policy: ``exclude`` or ``worst``: how diverged replicates count.
        resources: What one trial occupies.
        code: The digest of the user's own code that it uses; empty where it uses none.
        document: The resolved study document.
        defaults: Of the settings of the arms' components, by dotted name, so that readers need
            not know the components; empty where an earlier version has written the book.
        arms: Its arms, in the study file's order.
        schema: Of this shape.
    """

    schema: int = SCHEMA
    name: str
    run: str
    question: str = ""
    table: str | None = None
    columns: tuple[str, ...] = ()
    protocol: Literal["sealed", "paper"] = "sealed"
    overrides: tuple[str, ...] = ()
    created: str = ""
    baseline: str
    factor: tuple[str, ...] = ()
    objective: Objective = field(default_factory=Objective)
    budget: Budget | None = None
    unreached: tuple[str, ...] = ()
    sampling: str = ""
    replicates: int = 1
    looks: tuple[int, ...] = ()
    spending: Literal["obrien-fleming", "pocock"] = "obrien-fleming"
    repetitions: int = 1
    diverged_policy: Literal["exclude", "worst"] = "exclude"
    resources: Mapping[str, Any] = field(default_factory=dict)
    code: str = ""
    document: Mapping[str, Any] = field(default_factory=dict)
    defaults: Mapping[str, Any] = field(default_factory=dict)
    arms: tuple[ArmBook, ...]

    @property
    def variant(self) -> str:
        """How the run differs from the study's file, as the user said it."""
        return " ".join(self.overrides) or "as written"


def search_name(arm: str, repetition: int) -> str:
    """Return what a search of an arm is called; no arm has such a name."""
    return f"{arm}/search/{repetition}" if repetition else arm


@dataclass(frozen=True, kw_only=True)
class TrialRow:
    """One trial of a study.

    Attributes:
        arm: Name of its arm.
        phase: ``search``, or ``confirm`` (also of ``protocol: paper``).
        number: The number of the search's point, or the replicate: the same replicate has the same
            seed in every arm, so that arms are compared in pairs.
        fingerprint: What its record is filed under.
        params: What was searched, by dotted name.
        replicate: Of a search trial, with which of the search's seeds its point is trained.
        repetition: Of which repetition of the search it is, or confirms the winner.
    """

    arm: str
    phase: Phase
    number: int
    fingerprint: str
    params: Mapping[str, Any] = field(default_factory=dict)
    replicate: int = 0
    repetition: int = 0

    @property
    def key(self) -> tuple[str, str, int, int, int]:
        """What tells it from the study's other trials."""
        return self.arm, self.phase, self.repetition, self.number, self.replicate

    def to_row(self) -> TrialRow:
        """Return it as it is."""
        return self

    @property
    def title(self) -> str:
        """How it is called where a person reads it."""
        return f"{self.arm}, {self.phase} {self.label}"

    @property
    def label(self) -> str:
        """Its number; of a point's further seeds with theirs, as in 5.1 and 5.2 beside 5.

        That of a search's further repetitions stands before it, as in 1:5.2; replicates are
        numbered through.
        """
        repeated = f"{self.repetition}:" if self.repetition and self.phase == "search" else ""
        return f"{repeated}{self.number}" + (f".{self.replicate}" if self.replicate else "")


@dataclass(frozen=True, kw_only=True)
class Look:
    """That somebody could see the results of the confirm phase.

    Attributes:
        when: ISO 8601, UTC.
        by: What showed them, such as ``run`` or ``load``.
        replicates: Those of which any arm had a result.
        seeds: The seeds of these replicates.
    """

    when: str
    by: str
    replicates: tuple[int, ...]
    seeds: tuple[int, ...]


@dataclass(frozen=True, kw_only=True)
class Winner:
    """The point of the search that an arm is confirmed with.

    Attributes:
        fingerprint: What its record is filed under, that of its first seed.
        params: What was searched, by dotted name.
        code_version: Of the code that trained it.
    """

    fingerprint: str
    params: Mapping[str, Any]
    code_version: str


@dataclass(frozen=True)
class Frozen:
    """Winners of a search.

    Attributes:
        winners: By `search_name`.
        sha256: Of the winners.
    """

    winners: Mapping[str, Winner]
    sha256: str

    @classmethod
    def of(cls, winners: Mapping[str, Winner]) -> Frozen:
        """Return winners with their hash."""
        return cls(winners, _digest(winners))

    @property
    def is_whole(self) -> bool:
        """Whether the winners match their hash."""
        return self.sha256 == _digest(self.winners)


@dataclass(frozen=True, kw_only=True)
class Progress:
    """What a trial has reached.

    Attributes:
        step: Optimiser steps done.
        seconds: How long it has trained.
        config: Its full configuration, nested.
        data_hash: Content hash of its data set.
        code_version: Of the code that trains it.
        provenance: Host, device, versions, commit, times.
        history: Its reports: metrics by name.
    """

    step: int
    seconds: float
    config: Mapping[str, Any]
    data_hash: str
    code_version: str
    provenance: Mapping[str, Any]
    history: Sequence[Mapping[str, float]]

    def to_dict(self) -> dict[str, Any]:
        """Return it as plain values."""
        return dict(vars(self))  # not copied in depth: reports are many


def _digest(winners: Mapping[str, Winner]) -> str:
    values = {arm: vars(winner) for arm, winner in winners.items()}
    return hashlib.sha256(json.dumps(values, sort_keys=True).encode()).hexdigest()
