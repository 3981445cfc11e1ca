"""``incay submit`` and what follows it: stop, ask, watch."""

from __future__ import annotations

import sys
import time
from pathlib import Path

from incay.study.cluster.commands import overrides
from incay.study.cluster.connection import DASHBOARD_PORT, MLFLOW_PORT, connect, is_free, tunnel
from incay.study.cluster.file import load_cluster_file
from incay.study.cluster.jobs import ask, follow, last_failure, running_job, stop, submit_study
from incay.study.cluster.package import packaged
from incay.study.errors import UserError
from incay.study.spec.catalog import find_study, study_name
from incay.study.spec.overrides import apply_overrides
from incay.study.spec.study import StudySpec, parse_study

_EXIT_CODES = {"SUCCEEDED": 0, "FAILED": 1, "STOPPED": 130}


def submit_and_follow(
    study: str,
    settings: list[str],
    seeds: int | None,
    options: list[str],
    *,
    cluster: Path | None,
    address: str | None,
    follow_log: bool,
) -> int:
    """Submit a study, or find the job that runs it, and follow it; return an exit code.

    Args:
        study: A built-in study's name, or a file.
        settings: ``path=value`` overrides.
        seeds: Seeds of the confirm phase.
        options: Further options of ``incay run`` on the head.
        cluster: A cluster file.
        address: A dashboard's URL instead.
        follow_log: Whether to show the log until the job ends.

    Raises:
        UserError: The study is wrong, too large, or the cluster cannot be reached.
    """
    _refuse_secrets(options)
    spec = _spec(study, settings, seeds)
    source = Path(spec.document.source)
    arguments = ["run", source.name, *options, *overrides(settings, seeds)]
    again = "the same command goes on from here"
    with connect(cluster, address) as client:
        with packaged(source) as folder:
            name, known = submit_study(client, folder, spec.name, spec.run, arguments)
        _say(f"{name} is {'running already' if known else 'submitted'}")
        if not follow_log:
            return 0
        try:
            ending = follow(client, name)
        except KeyboardInterrupt:
            _say(f"the job goes on: the same command follows it, `incay stop {study}` stops it")
            return 130
    _say(f"{name} {ending.lower()}" + ("" if ending == "SUCCEEDED" else f": {again}"))
    return _EXIT_CODES[ending]


def stop_study(
    study: str,
    settings: list[str],
    seeds: int | None,
    *,
    cluster: Path | None,
    address: str | None,
) -> None:
    """Stop the job that runs a study.

    Raises:
        UserError: None runs it.
    """
    name, run = study_name(study), None
    if settings or seeds is not None:
        run = _spec(study, settings, seeds).run
    with connect(cluster, address) as client:
        job = running_job(client, name, run)
        if job is None:
            raise UserError(f"{name}: a job must be running the study, but none is")
        _say(f"{job} {stop(client, job).lower()}: submitting it again goes on from here")


def ask_about(
    command: str,
    study: str,
    options: list[str],
    *,
    cluster: Path | None,
    address: str | None,
    output: str | None = None,
) -> tuple[str, dict[str, bytes]]:
    """Run ``incay COMMAND STUDY`` on the head, where the results are reached.

    Args:
        command: The command.
        study: A built-in study's name, or a file.
        options: What follows the study.
        cluster: A cluster file.
        address: A dashboard's URL instead.
        output: Name of a file that the command is to write.

    Returns:
        What it printed, and the files that it wrote by name: the output and its manifest.
    """
    path = Path(study)
    source = path if path.is_file() else None
    asked = [command, source.name if source else study, *options]
    asked += [] if output is None else ["--output", output]
    with connect(cluster, address) as client, packaged(source) as folder:
        # A job that failed early left nothing in the results that would tell of it.
        failed = last_failure(client, study_name(study)) if command == "status" else None
        try:
            answer = ask(client, folder, asked)
        except UserError as error:
            if failed is None:
                raise
            raise UserError(f"{failed}\n{error}") from error
        if failed is not None:
            _say(failed)
        return answer


def serve_tunnels(cluster: Path, port: int) -> None:
    """Forward the dashboard and MLflow to this machine until Ctrl-C."""
    load_cluster_file(cluster)
    # A Ray of this machine may have taken its usual port.
    dashboard = DASHBOARD_PORT if is_free(DASHBOARD_PORT) else None
    with tunnel(cluster, {MLFLOW_PORT: port, DASHBOARD_PORT: dashboard}) as ports:
        print(f"MLflow:    http://127.0.0.1:{ports[MLFLOW_PORT]}")
        print(f"dashboard: http://127.0.0.1:{ports[DASHBOARD_PORT]}", "(token: ~/.ray/auth_token)")
        print("Ctrl-C ends both", flush=True)
        try:
            while True:
                time.sleep(3600)
        except KeyboardInterrupt:
            return


def _spec(study: str, settings: list[str], seeds: int | None) -> StudySpec:
    document = find_study(study)
    apply_overrides(document, settings, seeds=seeds)
    return parse_study(document)


def _refuse_secrets(options: list[str]) -> None:
    from incay.trainables.store.trials import refuse_password

    for option in options:
        try:
            refuse_password(option)
        except ValueError as error:
            raise UserError(f"--results: {error}") from None


def _say(message: str) -> None:
    sys.stderr.write(f"incay: {message}\n")
