"""The trials behind a number: how each ended, and in which settings they differ."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from incay.analysis import wording
from incay.analysis.results.study import Arm, StudyResults, Trial
from incay.trainables import names
from incay.trainables.store.endings import Status, Unended
from incay.trainables.store.reading.damage import RecordError
from incay.trainables.store.records import TrialRecord
from incay.trainables.store.trials import Store

UNKNOWN_ARM = "(no arm any more)"
NOT_SET = "(not set)"


@dataclass(frozen=True, kw_only=True)
class TracedTrial:
    """A trial behind a number.

    Attributes:
        fingerprint: What its record is filed under.
        study: The run that lists it, as ``NAME@RUN``; empty where none of the number's does.
        arms: Its arms there: one, unless two arms are the same trials.
        phase: Search or confirm; empty where no run lists it.
        number: The search trial's number, or the replicate; None likewise.
        record: How it ended; None where there is no record that can be read.
        problem: Why its record cannot be read; empty where it can.
    """

    fingerprint: str
    study: str = ""
    arms: tuple[str, ...] = ()
    phase: str = ""
    number: int | None = None
    record: TrialRecord | None = None
    problem: str = ""

    @property
    def arm(self) -> str:
        """Its arm, or arms, for readers."""
        return " = ".join(self.arms) or UNKNOWN_ARM

    @property
    def status(self) -> Status:
        """How it ended."""
        if self.record is not None:
            return self.record.status
        return Unended.DAMAGED if self.problem else Unended.PENDING

    def setting(self, name: str) -> Any:
        """Return a setting that it was trained with, None where it is unknown."""
        return None if self.record is None else names.look_up(self.record.config, name)

    def origin(self, name: str) -> Any:
        """Return what its record says of where it comes from, such as ``host``."""
        return None if self.record is None else self.record.provenance.get(name)


@dataclass(frozen=True, kw_only=True)
class TracedArm:
    """An arm that some of the trials are of.

    Attributes:
        study: The run, as ``NAME@RUN``.
        name: The arm's name.
        difference: What differs from the baseline, by dotted name.
        baseline: The baseline's name.
        searched: What a search has chosen for its trials, by dotted name; empty where their
            values differ, as those of search trials do.
    """

    study: str
    name: str
    difference: Mapping[str, Any]
    baseline: str
    searched: Mapping[str, Any]


def trials_of(
    fingerprints: Sequence[str], studies: Sequence[StudyResults], store: Store
) -> tuple[TracedTrial, ...]:
    """Return the trials of some fingerprints, each once.

    Args:
        fingerprints: Whose.
        studies: The runs that may list them, the first first.
        store: Where their records lie.
    """
    listed: dict[str, list[tuple[StudyResults, Trial]]] = defaultdict(list)
    for study in studies:
        for trial in study.trials:
            listed[trial.fingerprint].append((study, trial))
    found = []
    for fingerprint in dict.fromkeys(fingerprints):
        if fingerprint in listed:
            found.append(_listed(listed[fingerprint]))
        else:
            found.append(_unlisted(store, fingerprint))
    return tuple(found)


def arms_of(
    trials: Sequence[TracedTrial], studies: Sequence[StudyResults]
) -> tuple[TracedArm, ...]:
    """Return the arms of some trials, in the order of the trials."""
    runs = {_run(study): study for study in studies}
    named = dict.fromkeys((each.study, arm) for each in trials for arm in each.arms)
    mine = {each.fingerprint for each in trials}
    found = []
    for run, name in named:
        arm = runs[run].arm(name)
        found.append(
            TracedArm(
                study=run,
                name=name,
                difference=arm.difference,
                baseline=runs[run].baseline,
                searched=_shared_params(arm, mine),
            )
        )
    return tuple(found)


def differing_settings(
    trials: Sequence[TracedTrial],
) -> dict[str, dict[str, tuple[TracedTrial, ...]]]:
    """Return the settings that are not the same in all trials: by name, value and trial.

    Seeds and what else a study derives for each trial are left out.
    """
    flat = {
        each.fingerprint: names.flatten(each.record.config)
        for each in trials
        if each.record is not None
    }
    every = sorted({name for settings in flat.values() for name in settings})
    found: dict[str, dict[str, tuple[TracedTrial, ...]]] = {}
    for name in every:
        if name in names.DERIVED:
            continue
        values: dict[str, tuple[TracedTrial, ...]] = {}
        for each in trials:
            if each.fingerprint in flat:
                settings = flat[each.fingerprint]
                value = wording.setting(settings[name]) if name in settings else NOT_SET
                values[value] = (*values.get(value, ()), each)
        if len(values) > 1:
            found[name] = values
    return found


def _listed(rows: Sequence[tuple[StudyResults, Trial]]) -> TracedTrial:
    study, first = rows[0]
    return TracedTrial(
        fingerprint=first.fingerprint,
        study=_run(study),
        arms=tuple(dict.fromkeys(trial.arm for each, trial in rows if each is study)),
        phase=first.phase,
        number=first.number,
        record=first.record,
        problem=first.problem,
    )


def _unlisted(store: Store, fingerprint: str) -> TracedTrial:
    try:
        return TracedTrial(fingerprint=fingerprint, record=store.read_record(fingerprint))
    except RecordError as error:
        return TracedTrial(fingerprint=fingerprint, problem=str(error))


def _shared_params(arm: Arm, fingerprints: set[str]) -> Mapping[str, Any]:
    params = [trial.params for trial in arm.trials if trial.fingerprint in fingerprints]
    return params[0] if params and all(each == params[0] for each in params) else {}


def _run(study: StudyResults) -> str:
    return f"{study.name}@{study.run}"
