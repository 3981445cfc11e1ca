"""What a study will train: trials by arm and phase, with their fingerprints."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from incay.study.planning.data_catalog import DataCatalog
from incay.study.planning.sharing import share_parts
from incay.study.spec.arms.resolve import SEARCH_VALIDATION
from incay.study.spec.overlay import merge
from incay.study.spec.settings import build_trial
from incay.study.spec.study import Arm, StudySpec
from incay.trainables.config import TrialConfig
from incay.trainables.fingerprint import fingerprint
from incay.trainables.names import nest
from incay.trainables.store.records import TrialRecord
from incay.trainables.store.shapes import Phase, TrialRow, search_name


@dataclass(frozen=True)
class PlannedTrial:
    """One trial of a study.

    Attributes:
        arm: Name of the arm.
        phase: Search or confirm; a ``protocol: paper`` study has confirm trials only.
        number: The number of the search's point, or the replicate.
        config: What is trained.
        fingerprint: What its record is filed under.
        params: The searched settings' values, by dotted name.
        replicate: Of a search trial, with which of the search's seeds its point is trained.
        repetition: Of which repetition of the search it is, or confirms the winner.
    """

    arm: str
    phase: Phase
    number: int
    config: TrialConfig
    fingerprint: str
    params: Mapping[str, Any] = field(default_factory=dict)
    replicate: int = 0
    repetition: int = 0

    @property
    def key(self) -> tuple[str, str, int, int, int]:
        """What tells it from the study's other trials."""
        return self.to_row().key

    @property
    def title(self) -> str:
        """How it is called where a person reads it."""
        return self.to_row().title

    @property
    def needs_arm(self) -> str:
        """The arm that must have trained before; empty for none."""
        return ""

    def to_row(self) -> TrialRow:
        """Return the trial as the study's books list it."""
        return TrialRow(
            arm=self.arm,
            phase=self.phase,
            number=self.number,
            fingerprint=self.fingerprint,
            params=dict(self.params),
            replicate=self.replicate,
            repetition=self.repetition,
        )


@dataclass(frozen=True)
class WaitingTrial:
    """A confirm trial whose threshold is a multiple of another trial's norm.

    Attributes:
        arm: Name of the arm.
        number: The replicate.
        needs: The other arm's trial of the same replicate.
        resolve: Makes the trial from that one's record, once it has completed.
    """

    arm: str
    number: int
    needs: PlannedTrial
    resolve: Callable[[TrialRecord], PlannedTrial]

    @property
    def needs_arm(self) -> str:
        """The arm that must have trained before."""
        return self.needs.arm


class Planner:
    """Makes the trials of a study.

    Args:
        spec: The study.
        data: Its data sets, for the fingerprints.
    """

    def __init__(self, spec: StudySpec, data: DataCatalog) -> None:
        self._spec = spec
        self._data = data
        self._fixed: list[PlannedTrial | WaitingTrial] = []
        self._first: dict[str, TrialConfig] = {}  # of each arm's trials

    def search_trial(
        self,
        arm: Arm,
        number: int,
        params: Mapping[str, Any],
        replicate: int = 0,
        repetition: int = 0,
    ) -> PlannedTrial:
        """Return an arm's search trial: part of the training set validates, test is sealed."""
        config = search_config(self._spec, arm, params, replicate, repetition)
        planned = self._planned(arm, "search", number, config, params)
        return replace(planned, replicate=replicate, repetition=repetition)

    def confirm_trials(
        self, winners: Mapping[str, Mapping[str, Any]] | None = None
    ) -> list[PlannedTrial | WaitingTrial]:
        """Return all confirm trials, replicate by replicate, arms side by side.

        Args:
            winners: The frozen values of searched settings, by `search_name`.

        The whole training set trains, unless trials stop early; the test split is opened. A
        replicate has the same seed in every arm, and none that a search has used.
        """
        if winners:
            return self._confirm_trials(winners)
        if not self._fixed:  # asked for by several checks before a study begins
            self._fixed = self._confirm_trials({})
        return list(self._fixed)

    def again(self, arm: Arm, row: TrialRow) -> PlannedTrial:
        """Return a searched arm's trial as it would be trained now: by today's code and data."""
        config = row_config(self._spec, arm, row)
        planned = self._planned(arm, row.phase, row.number, config, row.params)
        return replace(planned, replicate=row.replicate, repetition=row.repetition)

    def _confirm_trials(
        self, winners: Mapping[str, Mapping[str, Any]]
    ) -> list[PlannedTrial | WaitingTrial]:
        trials: list[PlannedTrial | WaitingTrial] = []
        spec = self._spec
        # Built once for each winner: replicates differ in their seeds alone.
        first: dict[str, TrialConfig] = {}
        for replicate, seed in enumerate(spec.confirm_seeds):
            repetition = spec.repetition_of(replicate)
            known = {}
            for arm in spec.arms:
                if arm.reference is None:
                    name = search_name(arm.name, repetition)
                    settings = winners.get(name, {})
                    if name not in first:
                        first[name] = confirm_config(spec, arm, replicate, settings)
                    config = replace(first[name], seed=seed)
                    known[arm.name] = self._planned(arm, "confirm", replicate, config, settings)
            for arm in spec.arms:
                if arm.reference is None:
                    trials.append(known[arm.name])
                else:
                    trials.append(self._waiting(arm, replicate, known[arm.reference.arm]))
        return trials

    def _waiting(self, arm: Arm, replicate: int, needs: PlannedTrial) -> WaitingTrial:
        assert arm.reference is not None
        factor = arm.reference.factor

        def resolve(record: TrialRecord) -> PlannedTrial:
            # Of the training set: the test set must not set a threshold.
            threshold = factor * record.metrics["train.norm"]
            config = confirm_config(self._spec, arm, replicate, {}, threshold)
            return self._planned(arm, "confirm", replicate, config, {})

        return WaitingTrial(arm.name, replicate, needs, resolve)

    def _planned(
        self,
        arm: Arm,
        phase: Phase,
        number: int,
        config: TrialConfig,
        params: Mapping[str, Any],
    ) -> PlannedTrial:
        config = share_parts(config, self._first.setdefault(arm.name, config))
        name = fingerprint(config, self._data.hash_for(config))
        repetition = self._spec.repetition_of(number) if phase == "confirm" else 0
        return PlannedTrial(
            arm.name, phase, number, config, name, dict(params), repetition=repetition
        )


def row_config(spec: StudySpec, arm: Arm, row: TrialRow) -> TrialConfig:
    """Return what the study trains for a trial that its books list."""
    if row.phase == "search":
        return search_config(spec, arm, row.params, row.replicate, row.repetition)
    return confirm_config(spec, arm, row.number, row.params)


def search_config(
    spec: StudySpec,
    arm: Arm,
    params: Mapping[str, Any],
    replicate: int = 0,
    repetition: int = 0,
) -> TrialConfig:
    """Return what a search trial trains.

    Args:
        spec: The study.
        arm: The arm.
        params: The searched settings' values, by dotted name.
        replicate: Which of the search's seeds. The split is the same for all of them.
        repetition: Which of the searches of the arm. Each has seeds and a split of its own.
    """
    values = merge(arm.values, nest(dict(params)))
    split = _split(values, _held_out(values), spec.split_seed(repetition), "sealed")
    seed = spec.search_seed(replicate, repetition)
    return build_trial({**values, "split": split, "seed": seed}, spec.document.data_root)


def confirm_config(
    spec: StudySpec,
    arm: Arm,
    replicate: int,
    params: Mapping[str, Any],
    threshold: float | None = None,
) -> TrialConfig:
    """Return what a confirm trial trains.

    Args:
        spec: The study.
        arm: The arm.
        replicate: The replicate.
        params: The frozen values of searched settings, by dotted name.
        threshold: The norm threshold, where it is known only now.
    """
    values = merge(arm.values, nest(dict(params)))
    share, split_seed = 0.0, 0
    if spec.stops_early:  # by the images that its search held out
        share, split_seed = _held_out(values), spec.split_seed(spec.repetition_of(replicate))
    test = "reports" if spec.header.protocol == "paper" else "final"
    split = _split(values, share, split_seed, test)
    seed = spec.confirm_seeds[replicate]
    config = build_trial({**values, "split": split, "seed": seed}, spec.document.data_root)
    if threshold is None:
        return config
    return replace(config, incay=replace(config.incay, threshold=threshold))


def _held_out(values: Mapping[str, Any]) -> float:
    """Return the share of the training images that a search holds out."""
    return values.get("split", {}).get("validation") or SEARCH_VALIDATION


def _split(values: Mapping[str, Any], share: float, seed: int, test: str) -> dict[str, Any]:
    return {**values.get("split", {}), "validation": share, "seed": seed, "test": test}
