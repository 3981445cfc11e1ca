"""The runs of one MLflow experiment by keys of ours, so that none is made twice."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

from incay.study.mirrors.mlflow_database import (
    client_artifacts,
    open_client,
    own_database,
    tracking_uri,
)
from incay.study.mirrors.mlflow_duplicates import PARENT, one_of_each
from incay.study.mirrors.relocation import ARTIFACTS
from incay.study.mirrors.remedies import DamagedCopyError, deleted_experiment
from incay.trainables import metrics
from incay.trainables.outgoing import shown
from incay.trainables.store.trials import Store

_KEY = "incay.key"
_MOST_METRICS = 1000  # of one log_batch call
_MOST_PARAMS = 100
_MOST_VALUE = 500  # characters of a parameter or tag that every backend keeps
_MOST_TAG = 5000
_MOST_NAME = 200
_NOT_IN_NAMES = re.compile(r"[^\w.\- ]")


class Runs:
    """Finds and writes the runs of an experiment.

    Args:
        store: The results that the mirror copies.
        experiment: The experiment's name.
        progress: How much there is in a run, by its tags.
    """

    def __init__(
        self,
        store: Store,
        experiment: str,
        progress: Callable[[Mapping[str, str]], tuple[int, ...]],
    ) -> None:
        self._progress = lambda run: progress(run.data.tags)
        self._artifacts = client_artifacts(store)
        self._client: Any = open_client(store)
        self._own = own_database(store)
        self._place = tracking_uri(store)
        self._name = experiment
        self._experiment = ""
        self._runs: dict[str, Any] = {}

    def load(self) -> None:
        """Find the experiment, or make it, and learn which runs it has.

        Of those that it has twice one is deleted.
        """
        if not self._experiment:
            self._experiment = self._get_experiment()
            existing = list(self._existing())
            self._require_own_places(existing)
            self._runs = one_of_each(existing, _KEY, self._progress, self._client)

    def tags(self, key: str) -> Mapping[str, str] | None:
        """Return the tags of a run, None where there is no such run."""
        run = self._runs.get(key)
        tags: Mapping[str, str] | None = None if run is None else run.data.tags
        return tags

    def get(
        self, key: str, name: str, *, parent: str | None, created: int, tags: Mapping[str, str]
    ) -> str:
        """Return the id of a run, which is made where there is none.

        Args:
            key: What it is found by.
            name: What it is called.
            parent: The id of the run that it lies in.
            created: When it began, in milliseconds.
            tags: Its tags when it is made.
        """
        if key not in self._runs:
            all_tags = {_KEY: key, "mlflow.runName": name, "incay.study": self._name, **tags}
            if parent is not None:
                all_tags[PARENT] = parent
            self._runs[key] = self._client.create_run(
                self._experiment,
                start_time=created,
                tags={tag: shown(value)[:_MOST_TAG] for tag, value in all_tags.items()},
                run_name=shown(name),
            )
        run_id: str = self._runs[key].info.run_id
        return run_id

    def delete(self, key: str) -> None:
        """Delete a run."""
        self._client.delete_run(self._runs.pop(key).info.run_id)

    def tag(self, key: str, tags: Mapping[str, str]) -> None:
        """Set tags of a run."""
        from mlflow.entities import RunTag

        run = self._runs[key]
        listed = [RunTag(name, shown(value)) for name, value in tags.items()]
        self._client.log_batch(run.info.run_id, tags=listed)
        run.data.tags.update(tags)

    def log_params(self, run_id: str, params: Mapping[str, Any]) -> None:
        """Write the parameters of a run, once."""
        from mlflow.entities import Param

        listed = [
            Param(_named(name), shown(str(value))[:_MOST_VALUE]) for name, value in params.items()
        ]
        for chunk in _chunks(listed, _MOST_PARAMS):
            self._client.log_batch(run_id, params=chunk)

    def log_metrics(
        self, run_id: str, history: Sequence[Mapping[str, float]], *, after: int, started: int
    ) -> None:
        """Write reports of a run.

        Args:
            run_id: The run.
            history: The reports.
            after: The step up to which they are written already.
            started: When the run began, in milliseconds.
        """
        from mlflow.entities import Metric

        new = [(int(report[metrics.STEP]), report) for report in history]
        listed = [
            # Time stands for nothing here but must be the same each time: started + step.
            Metric(_named(name), float(value), started + step, step)
            for step, report in new
            if step > after
            for name, value in report.items()
            if name != metrics.STEP and value is not None and value == value
        ]
        for chunk in _chunks(listed, _MOST_METRICS):
            self._client.log_batch(run_id, metrics=chunk)

    def log_folder(self, run_id: str, folder: str) -> None:
        """Attach what lies in a folder."""
        self._client.log_artifacts(run_id, folder)

    def has_folder(self, run_id: str) -> bool:
        """Return whether what was attached is still there, as far as can be seen at no cost.

        Results may be copied without their artifacts.
        """
        if self._own is None or self._artifacts is None:
            return True
        return (self._own.parent / ARTIFACTS / run_id / "artifacts").is_dir()

    def reopen(self, run_id: str) -> None:
        """Show a run as one that goes on."""
        self._client.update_run(run_id, status="RUNNING")

    def end(self, run_id: str, status: str, at: int | None) -> None:
        """Show a run as one that has ended.

        Args:
            run_id: The run.
            status: MLflow's word for how.
            at: When, in milliseconds.
        """
        self._client.set_terminated(run_id, status, at)

    def _get_experiment(self) -> str:
        found = self._client.get_experiment_by_name(self._name)
        if found is not None:
            experiment: str = found.experiment_id
            if found.lifecycle_stage == "deleted":
                raise deleted_experiment(self._name, experiment, self._place, self._own)
            if self._own is not None and found.artifact_location != self._artifacts:
                raise DamagedCopyError(self._own, f"a database that keeps artifacts in {ARTIFACTS}")
            return experiment
        # Without the kind, the UI opens the experiment as one of language-model traces.
        created: str = self._client.create_experiment(
            self._name,
            artifact_location=self._artifacts,
            tags={"mlflow.experimentKind": "custom_model_development"},
        )
        return created

    def _require_own_places(self, runs: Iterable[Any]) -> None:
        """Refuse a database beside results that would have artifacts written anywhere else.

        Whoever may write to it could name any folder of whoever synchronises next.

        Raises:
            DamagedCopyError: It does.
        """
        if self._own is None:
            return
        for run in runs:
            run_id, place = run.info.run_id, run.info.artifact_uri
            if not run_id.isalnum() or place != f"{self._artifacts}/{run_id}/artifacts":
                raise DamagedCopyError(self._own, f"a database that keeps artifacts in {ARTIFACTS}")

    def _existing(self) -> Iterator[Any]:
        token = None
        while True:
            page = self._client.search_runs([self._experiment], max_results=5000, page_token=token)
            yield from page
            token = page.token
            if not token:
                return


def _named(name: str) -> str:
    """Return a name that MLflow takes: terms of a loss of the user's own may have any."""
    kept = _NOT_IN_NAMES.sub("_", name)[:_MOST_NAME]
    if kept == name and kept.strip("."):
        return kept
    return f"{kept}_{hashlib.sha256(name.encode('utf-8', 'replace')).hexdigest()[:8]}"


def _chunks(items: list[Any], size: int) -> Iterator[list[Any]]:
    for start in range(0, len(items), size):
        yield items[start : start + size]
