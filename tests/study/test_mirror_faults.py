"""MLflow servers that fail in every way: training goes on, nothing is lost, sync completes."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from servers import free_port, wait_until_served
from test_mirror import runs
from tiny_study import ENVIRONMENT, STUDY, incay, results

from benchmarks.faulty_servers import answering_errors, never_answering


@pytest.mark.parametrize(
    "server",
    [
        pytest.param(answering_errors, id="errors"),
        pytest.param(never_answering, id="blocked", marks=pytest.mark.long),
    ],
)
def test_a_broken_server_costs_no_result_and_sync_completes(server, finished, tmp_path):
    (tmp_path / "tiny.yaml").write_text(STUDY)
    with server() as address:
        done = incay("run", "tiny.yaml", cwd=tmp_path, MLFLOW_TRACKING_URI=address)
    assert done.returncode == 0, done.stderr
    assert "8 completed" in done.stdout
    assert "MLflow is not up to date" in done.stderr
    assert results(tmp_path / "results") == results(finished / "results")
    _sync_completes(tmp_path, finished)


def _sync_completes(folder: Path, finished: Path, **environment: str) -> None:
    sync = incay("sync", "tiny", cwd=folder, **environment)
    assert sync.returncode == 0, sync.stderr
    assert "MLflow has everything" in sync.stdout
    ours, theirs = (
        {
            run.data.tags["incay.key"]: {
                name: value
                for name, value in run.data.metrics.items()
                if name != "images_per_second"
            }
            for run in runs(place)
        }
        for place in (folder, finished)
    )
    assert ours == theirs


@pytest.mark.long
def test_a_server_killed_in_mid_study_is_filled_later(finished, tmp_path):
    (tmp_path / "tiny.yaml").write_text(STUDY)
    port = free_port()
    address = f"http://127.0.0.1:{port}"
    (tmp_path / "results").mkdir()
    with serving(tmp_path, port) as server:
        driver = subprocess.Popen(
            [sys.executable, "-m", "study.cli", "run", "tiny.yaml"],
            cwd=tmp_path,
            env={**ENVIRONMENT, "MLFLOW_TRACKING_URI": address},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        deadline = time.monotonic() + 120
        while len(list(tmp_path.glob("results/trials/*/*/record.json"))) < 3:
            assert time.monotonic() < deadline
            time.sleep(0.05)
        os.killpg(server.pid, signal.SIGKILL)
        out, errors = driver.communicate(timeout=240)
    assert driver.returncode == 0, errors
    assert "8 completed" in out
    assert results(tmp_path / "results") == results(finished / "results")
    with serving(tmp_path, port):
        _sync_completes(tmp_path, finished, MLFLOW_TRACKING_URI=address)


@contextmanager
def serving(folder: Path, port: int) -> Iterator[subprocess.Popen[bytes]]:
    """A real server over the folder's ``results/mlflow.db``."""
    command = [sys.executable, "-m", "mlflow", "server", "--workers", "1", "--port", str(port)]
    command += ["--backend-store-uri", f"sqlite:///{folder / 'results' / 'mlflow.db'}"]
    command += ["--default-artifact-root", (folder / "results" / "mlartifacts").as_uri()]
    server = subprocess.Popen(
        command,
        env={**ENVIRONMENT, "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false"},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    wait_until_served(f"http://127.0.0.1:{port}/health", server)
    try:
        yield server
    finally:
        if server.poll() is None:
            os.killpg(server.pid, signal.SIGTERM)
        server.wait(timeout=30)
