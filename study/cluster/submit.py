"""A study on a cluster: submitted, stopped, asked about, and its servers made reachable."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from pathlib import Path

from incay.study.cluster.answer import Answer
from incay.study.cluster.connection import DASHBOARD_PORT, MLFLOW_PORT, connect, is_free, tunnel
from incay.study.cluster.file import load_cluster_file
from incay.study.cluster.jobs import ask, follow, last_failure, running_job, stop, submit_study
from incay.study.cluster.package import own_files, packaged, recipe_files
from incay.study.errors import UserError
from incay.study.spec.catalog import study_name
from incay.study.spec.study import StudySpec

Say = Callable[[str], None]
"""Tells the user something while the work goes on."""

_EXIT_CODES = {"SUCCEEDED": 0, "FAILED": 1, "STOPPED": 130}


def submit_and_follow(
    spec: StudySpec,
    arguments: Sequence[str],
    *,
    cluster: Path | None,
    address: str | None,
    follow_log: bool,
    say: Say,
) -> int | None:
    """Submit a study, or find the job that runs it, and follow it.

    Args:
        spec: The study.
        arguments: What follows ``incay run STUDY`` on the head.
        cluster: A cluster file.
        address: A dashboard's URL instead.
        follow_log: Whether to show the log until the job ends.
        say: Is told what happens.

    Returns:
        An exit code; None where the user has stopped to follow and the job goes on.

    Raises:
        UserError: The study is too large, or the cluster cannot be reached.
    """
    source = Path(spec.document.source)
    with connect(cluster, address) as client:
        own = own_files(spec.code, source) | recipe_files(spec.document)
        with packaged(source, own=own) as folder:
            asked = ["run", source.name, *arguments]
            name, known = submit_study(client, folder, spec.name, spec.run, asked)
        say(f"{name} is {'running already' if known else 'submitted'}")
        if not follow_log:
            return 0
        try:
            ending, why = follow(client, name)
        except KeyboardInterrupt:
            return None
    if why:
        say(why)
    again = "" if ending == "SUCCEEDED" else ": the same command goes on from here"
    say(f"{name} {ending.lower()}{again}")
    return _EXIT_CODES[ending]


def stop_study(
    name: str, run: str | None, *, cluster: Path | None, address: str | None
) -> tuple[str, str]:
    """Stop the job that runs a study, with checkpoints.

    Args:
        name: The study's name.
        run: Its run; None for any.
        cluster: A cluster file.
        address: A dashboard's URL instead.

    Returns:
        The job's name, and how it ended.

    Raises:
        UserError: None runs it.
    """
    with connect(cluster, address) as client:
        job = running_job(client, name, run)
        if job is None:
            raise UserError(f"{name}: a job must be running the study, but none is")
        return job, stop(client, job)


def ask_about(
    command: str,
    study: str,
    arguments: Sequence[str],
    *,
    cluster: Path | None,
    address: str | None,
    say: Say,
) -> Answer:
    """Run ``incay COMMAND STUDY`` on the head, where the results are reached.

    Args:
        command: The command.
        study: A built-in study's name, or a file.
        arguments: What follows the study.
        cluster: A cluster file.
        address: A dashboard's URL instead.
        say: Is told of a job that failed before it wrote anything.

    Raises:
        UserError: The cluster cannot be reached, or the command fails; the message is its own.
    """
    path = Path(study)
    source = path if path.is_file() else None
    asked = [command, source.name if source else study, *arguments]
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
        say(failed)
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
