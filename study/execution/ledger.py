"""The books of one study run in the store: what was asked for and which trials belong to it.

They can always be written again from the study file and the records; losing them loses
no result. See docs/design.md for the files.
"""

from __future__ import annotations

import datetime
import hashlib
import json
import threading
import time
from collections.abc import Mapping, Sequence
from typing import Any

from incay.study.errors import UserError
from incay.study.planning.trials import PlannedTrial
from incay.study.spec.study import StudySpec
from incay.trainables.config import TrialConfig
from incay.trainables.fingerprint import code_files, code_version
from incay.trainables.store.trials import Store

SCHEMA = 1
_SECONDS_BETWEEN_WRITES = 1.0
_LARGEST_SHARE = 0.05
"""Of the driver's time that writing the list of trials may take, however long it grows."""


class Ledger:
    """Reads and writes ``studies/NAME/RUN/``."""

    def __init__(self, store: Store, spec: StudySpec) -> None:
        self._store = store
        self._spec = spec
        self.folder = f"studies/{spec.name}/{spec.run}"
        self._next_write = 0.0
        self._lock = threading.Lock()

    def open(self) -> None:
        """Write what the study asks for and make it the study's latest run."""
        spec, known = self._spec, self._read("study.json")
        created = datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")
        document = {
            "schema": SCHEMA,
            "name": spec.name,
            "run": spec.run,
            "question": spec.question,
            "table": spec.header.table,
            "protocol": spec.header.protocol,
            "overrides": spec.document.overrides,
            "created": known["created"] if known else created,
            "baseline": spec.baseline,
            "factor": list(spec.header.factors),
            "objective": spec.objective.model_dump(),
            "budget": spec.budget.model_dump() if spec.searches else None,
            "replicates": spec.replicates,
            "diverged_policy": spec.header.diverged,
            "resources": spec.resources.model_dump(),
            "document": spec.document.values,
            "arms": [
                {
                    "name": arm.name,
                    "difference": dict(arm.difference),
                    "search": dict(arm.search),
                    "config": arm.config.to_dict(),
                }
                for arm in spec.arms
            ],
        }
        self._write("study.json", document)
        for arm in spec.arms:
            self._keep_modules(arm.config)
        latest = json.dumps({"run": spec.run}).encode()
        self._store.write(f"studies/{spec.name}/latest.json", latest)

    def points(self) -> dict[tuple[str, int], dict[str, Any]]:
        """Return the points that an earlier run of the same search has chosen."""
        known = self._read("trials.json") or {"trials": []}
        return {
            (row["arm"], row["number"]): row["params"]
            for row in known["trials"]
            if row["phase"] == "search"
        }

    def keep(self, trials: Sequence[PlannedTrial], *, now: bool = False) -> None:
        """Write the list of trials, now and then unless `now`.

        What a killed driver has not written yet is no loss: the same points are chosen again.
        """
        with self._lock:
            started = time.monotonic()
            if not now and started < self._next_write:
                return
            self._write("trials.json", {"trials": [trial.to_row() for trial in trials]})
            ended = time.monotonic()
            pause = max(_SECONDS_BETWEEN_WRITES, (ended - started) / _LARGEST_SHARE)
            self._next_write = ended + pause

    def freeze(self, winners: Mapping[str, PlannedTrial]) -> dict[str, dict[str, Any]]:
        """Fix the winners of the search and return their values, by arm.

        Winners hold for the data and the training code that they were found with; with other
        data or code they are found and frozen anew, and the old file is kept.

        Raises:
            UserError: Other winners were frozen before, or the file was altered: the confirm
                phase has seen the test set, so they can no longer change.
        """
        chosen: dict[str, dict[str, Any]] = {
            arm: {
                "fingerprint": trial.fingerprint,
                "params": dict(trial.params),
                "code_version": code_version(trial.config),
            }
            for arm, trial in winners.items()
        }
        frozen = self._read("freeze.json")
        if frozen is not None:
            if frozen["sha256"] != _digest(frozen["winners"]):
                raise UserError(
                    f"{self._store.where(self.folder)}/freeze.json must match its own hash, but "
                    "does not: it was altered after the winners were frozen"
                )
            if _basis(frozen["winners"]) != _basis(chosen):
                self._write(f"freeze-{frozen['sha256'][:8]}.json", frozen)
            elif frozen["winners"] != chosen:
                raise UserError(
                    f"the winners of {self._spec.name!r} were frozen as "
                    f"{_brief(frozen['winners'])}, but the search now gives {_brief(chosen)}: "
                    "the test set has been opened for the former. Remove "
                    f"{self._store.where(self.folder)} to start the study anew"
                )
        self._write("freeze.json", {"winners": chosen, "sha256": _digest(chosen)})
        return {arm: winner["params"] for arm, winner in chosen.items()}

    def _keep_modules(self, config: TrialConfig) -> None:
        """Remember what a code version stands for, so that a later one can be told apart."""
        path = _modules_path(code_version(config))
        if self._store.read(path) is None:
            self._store.write(path, json.dumps(code_files(config), indent=1).encode())

    def _read(self, name: str) -> dict[str, Any] | None:
        return self._store.read_json(f"{self.folder}/{name}")

    def _write(self, name: str, values: Mapping[str, Any]) -> None:
        self._store.write(f"{self.folder}/{name}", json.dumps(values, indent=1).encode())


def code_modules(store: Store, version: str) -> dict[str, str] | None:
    """Return the modules of a code version, each with its hash; None if it is not known."""
    return store.read_json(_modules_path(version))


def _modules_path(version: str) -> str:
    return f"code/{version}.json"


def _digest(winners: Mapping[str, Any]) -> str:
    return hashlib.sha256(json.dumps(winners, sort_keys=True).encode()).hexdigest()


def _basis(winners: Mapping[str, Any]) -> dict[str, str]:
    return {arm: winner["code_version"] for arm, winner in winners.items()}


def _brief(winners: Mapping[str, Any]) -> str:
    return ", ".join(f"{arm}: {winner['params']}" for arm, winner in winners.items())
