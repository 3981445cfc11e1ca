"""The MLflow mirror: study -> arm -> trial as nested runs, filled from the store.

The store is the truth; MLflow is a copy for browsing. `Mirror.sync` may be called at any time
and any number of times: every run is looked up by its key before it is created, and metrics
carry the times of the records, so that logging them again changes nothing. Once all trials have
ended, the study's run also gets its table, figures and report (`incay.study.mirrors.attachments`).
"""

from __future__ import annotations

import datetime
import json
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from incay.study.mirrors.attachments import digest, ended_results, write_attachments
from incay.study.mirrors.mlflow_database import client_artifacts, open_client
from incay.trainables.store.records import FINAL, RecordError
from incay.trainables.store.trials import Store

_KEY = "incay.key"
_STEP = "incay.step"
_STATUS = "incay.status"
_ATTACHED = "incay.attached"
_MOST_METRICS = 1000  # of one log_batch call
_MOST_PARAMS = 100
_MOST_VALUE = 500  # characters of a parameter or tag that every backend keeps

_MLFLOW_STATUS = {
    "completed": "FINISHED",
    "pruned": "FINISHED",
    "diverged": "FAILED",
    "failed": "FAILED",
    "interrupted": "KILLED",
}


class Mirror:
    """Copies one study run to MLflow.

    Args:
        store: Where the results live.
        study: The study's name.
        run: The study's run.
    """

    def __init__(self, store: Store, study: str, run: str) -> None:
        self._store = store
        self._study = study
        self._run = run
        self._artifacts = client_artifacts(store)
        self._client: Any = open_client(store)
        self._runs: dict[str, Any] = {}
        self._complete: set[tuple[str, str]] = set()  # key and fingerprint of mirrored trials
        self._endings: dict[str, str] = {}  # by fingerprint, as this mirror last saw them
        self._attached: dict[str, str | None] = {}  # those when attachments were last looked at
        self._experiment = ""
        self._last_end = 0  # the latest end of a trial copied by this mirror

    def sync(self) -> int:
        """Bring MLflow up to the store; return how many trials are still unfinished there."""
        document = self._read("study.json")
        trials = (self._read("trials.json") or {"trials": []})["trials"]
        if document is None:
            return 0
        if not self._experiment:
            self._experiment = self._get_experiment()
            self._runs = {run.data.tags.get(_KEY, ""): run for run in self._existing()}
        study_run = self._get_run(
            f"{self._run}",
            f"{self._study} {self._run}",
            parent=None,
            created=_milliseconds(document["created"]),
            tags=_study_tags(document),
        )
        open_trials = 0
        parents = {}
        for arm in document["arms"]:
            parents[arm["name"]] = self._get_run(
                f"{self._run}/{arm['name']}",
                arm["name"],
                parent=study_run,
                created=_milliseconds(document["created"]),
                tags={"incay.arm": arm["name"], "incay.difference": json.dumps(arm["difference"])},
            )
        for row in trials:
            key = f"{self._run}/{row['arm']}/{row['phase']}/{row['number']}"
            if (key, row["fingerprint"]) in self._complete:
                continue
            if self._sync_trial(key, row, parents[row["arm"]]):
                self._complete.add((key, row["fingerprint"]))
            else:
                open_trials += 1
        for run_id in (*parents.values(), study_run):
            if open_trials:
                self._client.update_run(run_id, status="RUNNING")
            elif self._last_end:
                self._client.set_terminated(run_id, "FINISHED", self._last_end)
        endings = {row["fingerprint"]: self._endings.get(row["fingerprint"]) for row in trials}
        if all(endings.values()) and endings != self._attached:
            self._attach(study_run)
            self._attached = endings
        return open_trials

    def _attach(self, run_id: str) -> None:
        """Attach table, figures and report to the study's run, unless they are there."""
        results = ended_results(self._store, self._study, self._run)
        if results is None:
            return
        shown = digest(results)
        if self._runs[self._run].data.tags.get(_ATTACHED) == shown:
            return
        with tempfile.TemporaryDirectory(prefix="incay-mirror-") as folder:
            write_attachments(results, Path(folder))
            self._client.log_artifacts(run_id, folder)
        self._tag(self._run, run_id, {_ATTACHED: shown})

    def _sync_trial(self, key: str, row: Mapping[str, Any], parent: str) -> bool:
        """Copy one trial; return whether it is complete in MLflow."""
        fingerprint = row["fingerprint"]
        known = self._runs.get(key)
        if known is not None and known.data.tags.get("incay.fingerprint") != fingerprint:
            # Trained anew with other code or data: what it was before is no result of this run.
            self._client.delete_run(self._runs.pop(key).info.run_id)
            known = None
        if known is not None and known.data.tags.get(_STATUS) in FINAL:
            self._endings[fingerprint] = known.data.tags[_STATUS]
            return True
        self._endings.pop(fingerprint, None)
        content = self._content(fingerprint)
        if content is None:
            return False
        status, step, history, config, provenance = content
        if status in _MLFLOW_STATUS:
            self._endings[fingerprint] = status
        name = f"{row['arm']} {row['phase']} {row['number']}"
        started = _milliseconds(provenance["started"])
        new = known is None
        run_id = self._get_run(
            key,
            name,
            parent=parent,
            created=started,
            tags={
                "incay.fingerprint": fingerprint,
                "incay.arm": row["arm"],
                "incay.phase": row["phase"],
                "incay.number": str(row["number"]),
                **{
                    f"incay.{item}": str(provenance.get(item))
                    for item in ("host", "device", "git_commit", "git_diff")
                },
            },
        )
        if new:
            self._log_params(run_id, config)
        mirrored = int(self._runs[key].data.tags.get(_STEP, -1))
        finished = provenance.get("finished")
        ended = _milliseconds(finished) if finished else None
        self._log_metrics(run_id, history, mirrored, started)
        self._tag(key, run_id, {_STEP: str(step), _STATUS: status})
        if status in _MLFLOW_STATUS:
            self._client.set_terminated(run_id, _MLFLOW_STATUS[status], ended)
            self._last_end = max(self._last_end, ended or 0)
        return status in FINAL

    def _content(
        self, fingerprint: str
    ) -> tuple[str, int, Sequence[Mapping[str, float]], dict[str, Any], dict[str, Any]] | None:
        try:
            record = self._store.read_record(fingerprint)
            if record is not None:
                table = self._store.read_table(record, "history.parquet")
                history = table.to_pylist() if table is not None else []
                return record.status, record.step, history, record.config, record.provenance
        except RecordError:
            return None
        progress = self._store.read_progress(fingerprint)
        if progress is None:
            return None
        return (
            "running",
            progress["step"],
            progress["history"],
            progress["config"],
            progress["provenance"],
        )

    def _log_params(self, run_id: str, config: Mapping[str, Any]) -> None:
        from mlflow.entities import Param

        params = [Param(name, str(value)[:_MOST_VALUE]) for name, value in _dotted(config)]
        for chunk in _chunks(params, _MOST_PARAMS):
            self._client.log_batch(run_id, params=chunk)

    def _log_metrics(
        self,
        run_id: str,
        history: Sequence[Mapping[str, float]],
        mirrored: int,
        started: int,
    ) -> None:
        from mlflow.entities import Metric

        metrics = [
            # Time stands for nothing here but must be the same each time: started + step.
            Metric(name, float(value), started + int(report["step"]), int(report["step"]))
            for report in history
            if report["step"] > mirrored
            for name, value in report.items()
            if name != "step" and value is not None and value == value
        ]
        for chunk in _chunks(metrics, _MOST_METRICS):
            self._client.log_batch(run_id, metrics=chunk)

    def _get_experiment(self) -> str:
        found = self._client.get_experiment_by_name(self._study)
        if found is not None:
            experiment: str = found.experiment_id
            return experiment
        # Without the kind, the UI opens the experiment as one of language-model traces.
        created: str = self._client.create_experiment(
            self._study,
            artifact_location=self._artifacts,
            tags={"mlflow.experimentKind": "custom_model_development"},
        )
        return created

    def _existing(self) -> Iterator[Any]:
        token = None
        while True:
            page = self._client.search_runs([self._experiment], max_results=5000, page_token=token)
            yield from page
            token = page.token
            if not token:
                return

    def _get_run(
        self, key: str, name: str, parent: str | None, created: int, tags: Mapping[str, str]
    ) -> str:
        if key not in self._runs:
            all_tags = {_KEY: key, "mlflow.runName": name, "incay.study": self._study, **tags}
            if parent is not None:
                all_tags["mlflow.parentRunId"] = parent
            self._runs[key] = self._client.create_run(
                self._experiment,
                start_time=created,
                tags={tag: value[:5000] for tag, value in all_tags.items()},
                run_name=name,
            )
        run_id: str = self._runs[key].info.run_id
        return run_id

    def _tag(self, key: str, run_id: str, tags: Mapping[str, str]) -> None:
        from mlflow.entities import RunTag

        self._client.log_batch(run_id, tags=[RunTag(name, value) for name, value in tags.items()])
        self._runs[key].data.tags.update(tags)

    def _read(self, name: str) -> dict[str, Any] | None:
        return self._store.read_json(f"studies/{self._study}/{self._run}/{name}")


def _chunks(items: list[Any], size: int) -> Iterator[list[Any]]:
    for start in range(0, len(items), size):
        yield items[start : start + size]


def _study_tags(document: Mapping[str, Any]) -> dict[str, str]:
    tags = {
        "incay.question": document["question"],
        "incay.protocol": document["protocol"],
        "incay.overrides": " ".join(document["overrides"]),
        "mlflow.note.content": document["question"],
    }
    return {name: str(value) for name, value in tags.items() if value}


def _dotted(config: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    for name, value in config.items():
        if isinstance(value, Mapping):
            yield from _dotted(value, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}", value


def _milliseconds(time: str) -> int:
    return int(datetime.datetime.fromisoformat(time).timestamp() * 1000)
