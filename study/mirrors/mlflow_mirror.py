"""The MLflow mirror: study -> arm -> trial as nested runs, filled from the store.

The store is the truth; MLflow is a copy for browsing. `Mirror.sync` may be called at any time
and any number of times: every run is looked up by its key before it is created, and metrics
carry the times of the records, so that logging them again changes nothing. Once all trials have
ended, the study's run also gets its table, figures and report (`incay.study.mirrors.attachments`).
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Any, NamedTuple

from incay.study.mirrors.attachments import digest, ended_results, write_attachments
from incay.study.mirrors.base import FINGERPRINT, STATUS, StudyCopy, moment
from incay.study.mirrors.mlflow_database import own_database, tracking_uri
from incay.study.mirrors.mlflow_runs import Runs
from incay.study.mirrors.remedies import told
from incay.trainables.names import flatten
from incay.trainables.scratch import scratch
from incay.trainables.store.endings import Ending, Nature, Unended
from incay.trainables.store.reading.damage import RecordError
from incay.trainables.store.shapes import StudyBook, TrialRow
from incay.trainables.store.trials import Store

_STEP = "incay.step"
_ATTACHED = "incay.attached"
_FACTS = ("host", "device", "git_commit", "git_diff")

_MLFLOW_STATUS = {
    Nature.WHOLE: "FINISHED",
    Nature.CUT: "FINISHED",
    Nature.FAULT: "FAILED",
    Nature.OPEN: "KILLED",
}


class _Content(NamedTuple):
    """What the store knows of a trial."""

    status: Ending | Unended
    step: int
    history: Sequence[Mapping[str, float]]
    config: Mapping[str, Any]
    provenance: Mapping[str, Any]


class Mirror(StudyCopy):
    """Copies one study run to MLflow; see `StudyCopy`."""

    def __init__(self, store: Store, study: str, run: str) -> None:
        super().__init__(store, study, run)
        with self._told():
            self._runs = Runs(store, study, _progress)
        self._complete: set[tuple[str, str]] = set()  # key and fingerprint of mirrored trials
        self._endings: dict[str, str] = {}  # by fingerprint, as this mirror last saw them
        self._attached: dict[str, str | None] = {}  # those when attachments were last looked at
        self._last_end = 0  # the latest end of a trial copied by this mirror

    def sync(self) -> int:
        """Bring MLflow up to the store; return how many trials are still unfinished there.

        Raises:
            HaltedError: MLflow does not take the runs now.
            UserError: It will not until a person mends it; the message says how.
        """
        with self._told():
            return self._sync()

    def _told(self) -> AbstractContextManager[None]:
        return told(tracking_uri(self._store), own_database(self._store))

    def _sync(self) -> int:
        book, rows = self._books.study(), self._books.trials()
        if book is None:
            return 0
        self._runs.load()
        study_run, arms = self._sync_study(book)
        open_trials = 0
        for row in rows:
            key = f"{book.run}/{row.arm}/{row.phase}/{row.label}"
            if (key, row.fingerprint) in self._complete:
                continue
            if self._sync_trial(key, row, arms[row.arm]):
                self._complete.add((key, row.fingerprint))
            else:
                open_trials += 1
        for run_id in (*arms.values(), study_run):
            if open_trials:
                self._runs.reopen(run_id)
            elif self._last_end:
                self._runs.end(run_id, "FINISHED", self._last_end)
        endings = {row.fingerprint: self._endings.get(row.fingerprint) for row in rows}
        if all(endings.values()) and endings != self._attached:
            self._attach(book, study_run)
            self._attached = endings
        return open_trials

    def _sync_study(self, book: StudyBook) -> tuple[str, dict[str, str]]:
        """Return the run of the study, and those of its arms by name."""
        created = _milliseconds(book.created)
        study_run = self._runs.get(
            book.run,
            f"{book.name} {book.run}",
            parent=None,
            created=created,
            tags=_study_tags(book),
        )
        arms = {
            arm.name: self._runs.get(
                f"{book.run}/{arm.name}",
                arm.name,
                parent=study_run,
                created=created,
                tags={"incay.arm": arm.name, "incay.difference": json.dumps(arm.difference)},
            )
            for arm in book.arms
        }
        return study_run, arms

    def _attach(self, book: StudyBook, run_id: str) -> None:
        """Attach table, figures and report to the study's run, unless they are there."""
        results = ended_results(self._store, book.name, book.run)
        if results is None:
            return
        shown = digest(results)
        is_told = (self._runs.tags(book.run) or {}).get(_ATTACHED) == shown
        if is_told and self._runs.has_folder(run_id):
            return
        with scratch("mirror") as folder:
            write_attachments(results, folder)
            self._runs.log_folder(run_id, str(folder))
        self._runs.tag(book.run, {_ATTACHED: shown})

    def _sync_trial(self, key: str, row: TrialRow, parent: str) -> bool:
        """Copy one trial; return whether it is complete in MLflow."""
        known = self._runs.tags(key)
        if known is not None and known.get(FINGERPRINT) != row.fingerprint:
            # Trained anew with other code or data: what it was before is no result of this run.
            self._runs.delete(key)
            known = None
        if known is not None and _is_final(known.get(STATUS, "")):
            self._endings[row.fingerprint] = known[STATUS]
            return True
        self._endings.pop(row.fingerprint, None)
        content = self._content(row.fingerprint)
        if content is None:
            return False
        started = _milliseconds(content.provenance.get("started"))
        run_id = self._runs.get(
            key,
            f"{row.arm} {row.phase} {row.label}",
            parent=parent,
            created=started,
            tags=_trial_tags(row, content.provenance),
        )
        if known is None:
            self._runs.log_params(run_id, flatten(content.config))
        mirrored = int((self._runs.tags(key) or {}).get(_STEP, -1))
        self._runs.log_metrics(run_id, content.history, after=mirrored, started=started)
        self._runs.tag(key, {_STEP: str(content.step), STATUS: content.status})
        if not isinstance(content.status, Ending):
            return False
        self._endings[row.fingerprint] = content.status
        ended = _milliseconds(content.provenance.get("finished")) or None
        self._runs.end(run_id, _MLFLOW_STATUS[content.status.nature], ended)
        self._last_end = max(self._last_end, ended or 0)
        return content.status.is_final

    def _content(self, fingerprint: str) -> _Content | None:
        try:
            record = self._store.read_record(fingerprint)
            if record is not None:
                history = self._store.history(record)
                return _Content(
                    record.status, record.step, history, record.config, record.provenance
                )
        except RecordError:
            return None
        progress = self._store.read_progress(fingerprint)
        if progress is None:
            return None
        return _Content(
            Unended.RUNNING, progress.step, progress.history, progress.config, progress.provenance
        )


def _progress(tags: Mapping[str, str]) -> tuple[int, ...]:
    """Return how much is copied to a run: whether it has ended, attachments, and its last step."""
    step = tags.get(_STEP, "")
    return (
        int(_is_final(tags.get(STATUS, ""))),
        int(_ATTACHED in tags),
        int(step) if step.isdecimal() else -1,
    )


def _is_final(status: str) -> bool:
    return status in set(Ending) and Ending(status).is_final


def _study_tags(book: StudyBook) -> dict[str, str]:
    tags = {
        "incay.question": book.question,
        "incay.protocol": book.protocol,
        "incay.overrides": " ".join(book.overrides),
        "mlflow.note.content": book.question,
    }
    return {name: value for name, value in tags.items() if value}


def _trial_tags(row: TrialRow, provenance: Mapping[str, Any]) -> dict[str, str]:
    facts = {f"incay.{name}": str(provenance.get(name)) for name in _FACTS}
    own = {"arm": row.arm, "phase": row.phase, "number": str(row.number)}
    if row.phase == "search":
        own["replicate"] = str(row.replicate)
        own["repetition"] = str(row.repetition)
    return {
        FINGERPRINT: row.fingerprint,
        **{f"incay.{name}": value for name, value in own.items()},
        **facts,
    }


def _milliseconds(time: object) -> int:
    """Return a time as MLflow counts; 0 where none is known, which is the same each time."""
    at = moment(time)
    return 0 if at is None else max(0, int(at.timestamp() * 1000))
