"""A study's results, as the store holds them.

Records are read when a study is loaded (`incay.analysis.results.loading`); histories, per-sample
evaluations and other tables only where a table or figure asks for them.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from incay.analysis.errors import AnalysisError
from incay.trainables import metrics, names
from incay.trainables.errors import listed
from incay.trainables.store.books import Books
from incay.trainables.store.endings import Ending, Status, Unended
from incay.trainables.store.kept import KeptModel
from incay.trainables.store.reading.damage import RecordError
from incay.trainables.store.records import TrialRecord
from incay.trainables.store.shapes import ArmBook, Phase, StudyBook, TrialRow
from incay.trainables.store.trials import Store

if TYPE_CHECKING:
    import pandas as pd


_IDENTITY = (
    *("arm", "phase", "repetition", "number", "replicate"),
    *("fingerprint", "status", "seconds"),
)


@dataclass(frozen=True, kw_only=True)
class Trial(TrialRow):
    """A trial of a study and how it ended, if it has.

    Attributes:
        record: How it ended; None while it has not.
        problem: Why its record cannot be read; empty where it can.
    """

    record: TrialRecord | None = None
    problem: str = ""

    @property
    def status(self) -> Status:
        """How it ended, or that its record is damaged or none is there."""
        if self.problem:
            return Unended.DAMAGED
        return self.record.status if self.record is not None else Unended.PENDING

    @property
    def is_whole(self) -> bool:
        """Whether it has trained to its end, so that it counts with its values."""
        return self.status.is_whole

    @property
    def is_open(self) -> bool:
        """Whether it has not ended yet, or goes on when the study is run again."""
        if isinstance(self.status, Ending):
            return self.status.is_open
        return self.status is not Unended.DAMAGED

    @property
    def diverged(self) -> bool:
        """Whether its objective left the finite numbers."""
        return self.status == Ending.DIVERGED

    def metric(self, name: str) -> float | None:
        """Return a metric of a trial that is whole; None where it is absent or not finite."""
        if self.record is None or not self.is_whole:
            return None
        value = self.record.metrics.get(name)
        return value if value is not None and math.isfinite(value) else None

    def setting(self, name: str) -> Any:
        """Return the setting that it trained with, by dotted name; None where it is unknown.

        A setting that is searched under a condition only is no parameter of every trial: where
        the condition does not hold, the arm's own value was trained, which the record has.
        """
        if name in self.params or self.record is None:
            return self.params.get(name)
        return names.look_up(self.record.config, name)

    @property
    def seconds(self) -> float:
        """Seconds that the trial took, 0 where they are not recorded."""
        return self._provenance_number("seconds")

    @property
    def gpu_seconds(self) -> float:
        """Those of them on a GPU, 0 where they are not recorded."""
        return self._provenance_number("gpu_seconds")

    def _provenance_number(self, name: str) -> float:
        value = self.record.provenance.get(name) if self.record is not None else None
        return float(value) if isinstance(value, int | float) else 0.0


@dataclass(frozen=True, kw_only=True)
class Arm(ArmBook):
    """One row of the ablation: what was asked for, and its trials.

    Attributes:
        trials: Search before confirm, by number.
    """

    trials: tuple[Trial, ...] = ()

    def phase(self, phase: Phase) -> tuple[Trial, ...]:
        """Return the trials of one phase, by number."""
        return self._phases.get(phase, ())

    @cached_property
    def _phases(self) -> Mapping[Phase, tuple[Trial, ...]]:
        found: dict[Phase, list[Trial]] = {}
        for trial in self.trials:
            found.setdefault(trial.phase, []).append(trial)
        return {phase: tuple(trials) for phase, trials in found.items()}

    @cached_property
    def searched(self) -> tuple[tuple[Trial, ...], ...]:
        """The trials of each point of its searches, by repetition and number."""
        found: dict[tuple[int, int], list[Trial]] = {}
        for trial in self.phase("search"):
            found.setdefault((trial.repetition, trial.number), []).append(trial)
        return tuple(tuple(trials) for _, trials in sorted(found.items()))

    @cached_property
    def settings(self) -> Mapping[str, Any]:
        """The settings of its trials, nested.

        A confirm trial's recorded configuration where there is one, else what the study asked for,
        of which the difference may be all that is known.
        """
        for trial in self.phase("confirm"):
            if trial.record is not None:
                return trial.record.config
        return self.config or names.nest(self.difference)

    def setting(self, name: str) -> Any:
        """Return one of its `settings` by dotted name, None where it is unknown."""
        return names.look_up(self.settings, name)


@dataclass(frozen=True, kw_only=True)
class Kept(KeptModel):
    """A kept network; ``incay.load_model(results.store, kept.fingerprint)`` reads it.

    Attributes:
        fingerprint: Whose it is.
    """

    fingerprint: str


@dataclass(frozen=True, kw_only=True, repr=False)
class StudyResults(StudyBook):
    """What a study asked for and what came of it.

    Attributes:
        arms: The arms, in the study file's order.
        store: Where it was read from.
    """

    arms: tuple[Arm, ...]
    store: Store

    def __repr__(self) -> str:
        return (
            f"StudyResults({self.name!r}, run {self.run!r}, {len(self.arms)} arms, "
            f"{len(self.trials)} trials in {self.store.uri})"
        )

    @property
    def searches(self) -> bool:
        """Whether any arm has something to search."""
        return any(arm.search for arm in self.arms)

    @cached_property
    def trials(self) -> tuple[Trial, ...]:
        """All trials of all arms."""
        return tuple(trial for arm in self.arms for trial in arm.trials)

    @cached_property
    def split(self) -> str:
        """``test`` where any confirm trial has opened it, or only these will read; else ``val``.

        One whose record cannot be read may have.
        """
        confirm = [trial for trial in self.trials if trial.phase == "confirm"]
        confirmed = [trial.record for trial in confirm if trial.record]
        opened = any(metrics.ERROR.of(metrics.TEST) in record.metrics for record in confirmed)
        opened = opened or any(trial.problem for trial in confirm)
        opened = opened or not (confirmed or self.searches)  # nothing else will be read
        return metrics.TEST if opened or self.protocol == "paper" else metrics.VALIDATION

    @cached_property
    def kept(self) -> tuple[Kept, ...]:
        """The trials whose trained networks are in the store, in the order of their choice.

        Raises:
            AnalysisError: The book that lists them is damaged.
        """
        try:
            listed = Books(self.store, self.name, self.run).models()
        except RecordError as error:
            raise AnalysisError(str(error)) from error
        return tuple(
            Kept(fingerprint=fingerprint, **vars(each))
            for fingerprint, each in listed.items()
            if self.store.models.exists(fingerprint)
        )

    @cached_property
    def altered_winners(self) -> str:
        """What is wrong with the book of the search's winners; empty where nothing is known."""
        try:
            frozen = Books(self.store, self.name, self.run).frozen()
        except RecordError:
            return "the book of the winners that were frozen is damaged"
        if frozen is None:
            confirmed = any(arm.search and arm.phase("confirm") for arm in self.arms)
            return "the book of the winners that were frozen is missing" if confirmed else ""
        if frozen.is_whole:
            return ""
        return (
            "the book of the winners must match its own hash, but does not: it was altered after "
            "they were frozen"
        )

    @cached_property
    def lost_seeds(self) -> str:
        """Which test results somebody has seen that are not there now; empty if all are."""
        try:
            looks = Books(self.store, self.name, self.run).looks()
        except RecordError:
            return ""
        there = {
            trial.number
            for trial in self.trials
            if trial.phase == "confirm" and (trial.record is not None or trial.problem)
        }
        lost = {number: look.when for look in looks for number in look.replicates}
        missing = sorted(lost.keys() - there)
        if not missing:
            return ""
        numbers = listed([str(number) for number in missing])
        return (
            f"Test results of replicate{'s' if len(missing) > 1 else ''} {numbers} were seen on "
            f"{max(lost[number] for number in missing)[:10]} and are not there now"
        )

    @cached_property
    def cache(self) -> dict[str, Any]:
        """What was read or made once for all that shows it: samples by fingerprint, figures."""
        return {}

    def arm(self, name: str) -> Arm:
        """Return an arm by name.

        Raises:
            AnalysisError: There is none of that name.
        """
        for arm in self.arms:
            if arm.name == name:
                return arm
        known = ", ".join(arm.name for arm in self.arms)
        raise AnalysisError(f"arm must be one of {known}, but got {name!r}")

    def read(self, trial: Trial, name: str) -> pa.Table | None:
        """Return a table that lies beside a trial's record, None if it has none.

        Args:
            trial: The trial.
            name: ``history``, ``samples`` or another Parquet file's stem.

        Raises:
            AnalysisError: The file is missing or damaged.
        """
        if trial.record is None:
            return None
        try:
            return self.store.read_table(trial.record, f"{name}.parquet")
        except RecordError as error:
            raise AnalysisError(str(error)) from error

    def to_arrow(self) -> pa.Table:
        """Return one row per trial: what it is, how it ended, what was searched and measured."""
        params = sorted({name for trial in self.trials for name in trial.params})
        measured = sorted({n for t in self.trials if t.record for n in t.record.metrics})
        columns: dict[str, Any] = {
            name: [getattr(trial, name) for trial in self.trials] for name in _IDENTITY
        }
        for name in params:
            columns[name] = _homogeneous([trial.params.get(name) for trial in self.trials])
        for name in measured:
            values = [
                trial.record.metrics.get(name) if trial.record else None for trial in self.trials
            ]
            columns[name] = pa.array(values, pa.float64())
        return pa.table(columns)

    def to_pandas(self) -> pd.DataFrame:
        """Return `to_arrow` as a data frame."""
        frame: pd.DataFrame = self.to_arrow().to_pandas()
        return frame


def _homogeneous(values: list[Any]) -> pa.Array:
    try:
        return pa.array(values)
    except (pa.ArrowInvalid, pa.ArrowTypeError):
        # A searched threshold may be a number in one trial and a word in another.
        return pa.array([None if value is None else str(value) for value in values], pa.string())
