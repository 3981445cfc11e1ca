"""Reading a study out of a store.

A record that is damaged, or of a newer schema, stands as a *problem* of its trial: it becomes
a cell that names it, never a number.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from incay.analysis.errors import AnalysisError
from incay.analysis.results.study import Arm, StudyResults, Trial
from incay.trainables.store.records import RecordError
from incay.trainables.store.trials import Store

STUDY_SCHEMA = 1
"""The newest `study.json` that this program reads."""


def load(results: str | Path | Store, study: str, run: str | None = None) -> StudyResults:
    """Read a study's results.

    Args:
        results: The store, or where it lies (a path or any URI of `pyarrow.fs`).
        study: The study's name.
        run: Hash of its resolved document; the latest one by default.

    Raises:
        AnalysisError: There is no such study or run, or its files are damaged or of a newer
            schema. Damaged *records* raise nothing: see `Trial.problem`.
    """
    store = results if isinstance(results, Store) else Store(results)
    try:
        run = _latest(store, study) if run is None else run
        place = f"studies/{study}/{run}"
        document = _read_json(store, f"{place}/study.json")
        planned = (_read_json(store, f"{place}/trials.json") or {}).get("trials", [])
    except OSError as error:
        raise AnalysisError(f"results at {store.uri} cannot be read: {error}") from error
    if document is None:
        raise AnalysisError(
            f"run of study {study!r} must be one of {_listing(store, f'studies/{study}')}, "
            f"but got {run!r}"
        )
    schema = document.get("schema", STUDY_SCHEMA)
    if schema > STUDY_SCHEMA:
        raise AnalysisError(
            f"{store.where(place)}/study.json must have schema {STUDY_SCHEMA} or older, but has "
            f"{schema}: it was written by a newer version of incay"
        )
    try:
        return _assemble(store, document, _read_trials(store, planned))
    except (KeyError, TypeError, AttributeError) as error:
        raise AnalysisError(
            f"{store.where(place)} must hold a complete study, but is damaged: {error!r}"
        ) from error


def _latest(store: Store, study: str) -> str:
    latest = _read_json(store, f"studies/{study}/latest.json")
    if latest is None:
        raise AnalysisError(
            f"study must be one of {_listing(store, 'studies')} in {store.uri}, but got "
            f"{study!r}: nothing has been run under this name there"
        )
    return str(latest["run"])


def _listing(store: Store, path: str) -> str:
    names = sorted(name for name in store.list(path) if not name.endswith(".json"))
    return ", ".join(names) if names else "(none)"


def _read_json(store: Store, path: str) -> dict[str, Any] | None:
    try:
        return store.read_json(path)
    except RecordError as error:
        raise AnalysisError(str(error)) from error


def _read_trials(store: Store, planned: Sequence[Mapping[str, Any]]) -> list[Trial]:
    found = store.find_records([entry["fingerprint"] for entry in planned])
    return [
        Trial(
            arm=entry["arm"],
            phase=entry["phase"],
            number=entry["number"],
            fingerprint=entry["fingerprint"],
            params=entry.get("params") or {},
            record=None if isinstance(record, RecordError) else record,
            problem=str(record) if isinstance(record, RecordError) else "",
        )
        for entry, record in zip(planned, found, strict=True)
    ]


def _assemble(store: Store, document: Mapping[str, Any], trials: list[Trial]) -> StudyResults:
    of_arm: dict[str, list[Trial]] = {arm["name"]: [] for arm in document["arms"]}
    for trial in trials:
        of_arm[trial.arm].append(trial)
    arms = tuple(
        Arm(
            name=arm["name"],
            difference=arm.get("difference") or {},
            search=arm.get("search") or {},
            config=arm.get("config") or {},
            trials=tuple(
                sorted(of_arm[arm["name"]], key=lambda t: (t.phase != "search", t.number))
            ),
        )
        for arm in document["arms"]
    )
    factor = document.get("factor") or ()
    return StudyResults(
        name=document["name"],
        run=document["run"],
        question=document.get("question") or "",
        table=document.get("table"),
        protocol=document.get("protocol") or "sealed",
        overrides=tuple(document.get("overrides") or ()),
        created=document.get("created") or "",
        baseline=document.get("baseline") or arms[0].name,
        factor=(factor,) if isinstance(factor, str) else tuple(factor),
        objective=document.get("objective") or {"metric": "val.error", "mode": "min"},
        budget=document.get("budget"),
        replicates=document.get("replicates") or 1,
        diverged_policy=document.get("diverged_policy") or "exclude",
        arms=arms,
        store=store,
    )
