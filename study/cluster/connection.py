"""How the client reaches a cluster: its dashboard's address, or an SSH tunnel to it."""

from __future__ import annotations

import logging
import os
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from incay.study.cluster.file import load_cluster_file
from incay.study.cluster.unreachable import UnreachableError, login_failed
from incay.study.errors import UserError
from incay.study.planning.checks.others import token_file

DASHBOARD_PORT = 8265
MLFLOW_PORT = 5000

_SECONDS_TO_CONNECT = 30.0


@contextmanager
def connect(cluster: Path | None, address: str | None) -> Iterator[Any]:
    """Provide Ray's `JobSubmissionClient` of a cluster while the ``with`` block runs.

    Args:
        cluster: A cluster file, for a tunnel to its head.
        address: The dashboard's URL instead.

    Raises:
        UserError: Neither or both are given, or the cluster cannot be reached.
    """
    if (cluster is None) == (address is None):
        raise UserError("a cluster must be named by --cluster FILE or by --address URL")
    if address is not None:
        _check_url(address)
        yield job_client(address)
        return
    assert cluster is not None
    with tunnel(cluster, {DASHBOARD_PORT: None}) as ports:
        yield job_client(f"http://127.0.0.1:{ports[DASHBOARD_PORT]}", str(cluster))


def job_client(address: str, name: str = "") -> Any:
    """Return Ray's client for jobs, with this user's token.

    Args:
        address: The dashboard's URL.
        name: What to call the cluster in messages, if not by its address.

    Raises:
        UserError: Nothing answers there, or the token is missing or wrong.
    """
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    from ray.exceptions import AuthenticationError
    from ray.job_submission import JobSubmissionClient

    # Importing them sets their level; each upload and each closed log would be a line.
    for module in ("dashboard_sdk", "job.sdk"):
        logging.getLogger(f"ray.dashboard.modules.{module}").setLevel(logging.WARNING)
    logging.getLogger("ray._private.runtime_env.packaging").setLevel(logging.WARNING)
    try:
        # Given here, the token is sent whatever mode Ray was imported in.
        return JobSubmissionClient(address, headers=_token_header())
    except AuthenticationError as error:
        what = (
            "the cluster's token must be in ~/.ray/auth_token or RAY_AUTH_TOKEN, but is missing or "
            "another one"
        )
        remedy = "copy that file from whoever started the cluster"
        raise UnreachableError(name or address, what, remedy) from error
    except (ConnectionError, OSError, RuntimeError) as error:
        said = str(error).strip().splitlines()[0].rstrip(".")
        what = f"a Ray dashboard must answer, but: {said}"
        remedy = (
            f"start the cluster's Ray with `ray up {name}`"
            if name
            else "check that the cluster is up and the address that of its dashboard (port 8265)"
        )
        raise UnreachableError(name or address, what, remedy, is_down=bool(name)) from error


def _check_url(address: str) -> None:
    """Refuse what is no dashboard's URL: Ray takes other forms for other kinds of address.

    Raises:
        UserError: It is none.
    """
    try:
        parts = urlsplit(address)
        is_url = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:  # a port that is no number, an open bracket
        is_url = False
    if not is_url:
        raise UserError(
            "--address: must be the URL of a dashboard, such as http://127.0.0.1:8265, but is "
            f"{address!r}"
        )


@contextmanager
def tunnel(cluster: Path, ports: dict[int, int | None]) -> Iterator[dict[int, int]]:
    """Forward ports of a cluster's head, on this machine's own address only.

    Args:
        cluster: The cluster file.
        ports: Ports of the head, each with one of this machine or None for any free one.

    Yields:
        The port on this machine of each port of the head.

    Raises:
        UserError: SSH fails; the message is its own.
    """
    chosen = {remote: local or free_port() for remote, local in ports.items()}
    forwards = [
        part
        for remote, local in chosen.items()
        for part in ("-L", f"127.0.0.1:{local}:127.0.0.1:{remote}")
    ]
    options = ["-T", "-o", "ExitOnForwardFailure=yes", *forwards]
    # `cat` ends with its input, so the tunnel ends with this process, however that ends.
    process = subprocess.Popen(
        [*load_cluster_file(cluster).ssh_command(*options), "cat >/dev/null"],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    try:
        _wait_until_open(process, next(iter(chosen.values())), cluster)
        yield chosen
    finally:
        process.terminate()
        process.wait()


def free_port() -> int:
    """Return a port that nothing listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def is_free(port: int) -> bool:
    """Return whether nothing listens on a port of this machine."""
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) != 0


def _wait_until_open(process: subprocess.Popen[str], port: int, cluster: Path) -> None:
    deadline = time.monotonic() + _SECONDS_TO_CONNECT
    while time.monotonic() < deadline and process.poll() is None:
        with socket.socket() as probe:
            probe.settimeout(1.0)
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.1)
    if process.poll() is None:
        problem = f"it did not answer within {_SECONDS_TO_CONNECT:.0f} s"
    else:
        problem = (process.stderr.read() if process.stderr else "").strip().rpartition("\n")[2]
    raise login_failed(cluster, problem)


def _token_header() -> dict[str, str]:
    """Return the header that shows this user's token, found where Ray looks for it."""
    token = os.environ.get("RAY_AUTH_TOKEN", "")
    path = token_file()
    if not token and path.is_file():
        token = path.read_text()
    return {"Authorization": f"Bearer {token.strip()}"} if token.strip() else {}
