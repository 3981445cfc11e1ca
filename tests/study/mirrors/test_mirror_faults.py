"""MLflow servers that fail in every way: training goes on, nothing is lost, sync completes."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from programs import ENVIRONMENT, incay
from servers import free_port, mlflow_server
from test_mirror import runs
from tiny_study import STUDY, results

from benchmarks.faults.servers import answering_errors, never_answering


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
        if server is never_answering:
            begun = time.monotonic()
            again = incay("run", "tiny.yaml", cwd=tmp_path, MLFLOW_TRACKING_URI=address)
            assert "MLflow did not answer within 4 s" in again.stderr
            assert "completes it" in again.stderr
            assert time.monotonic() - begun < 30  # 10 for MLflow, the rest to start and look up
    assert done.returncode == 0, done.stderr
    assert "8 completed" in done.stdout
    assert "a copy of the results is not up to date" in done.stderr
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
    with mlflow_server(tmp_path / "results", port) as server:
        driver = subprocess.Popen(
            [sys.executable, "-m", "incay", "run", "tiny.yaml"],
            cwd=tmp_path,
            env={**ENVIRONMENT, "MLFLOW_TRACKING_URI": address},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        deadline = time.monotonic() + 500
        while len(list(tmp_path.glob("results/trials/*/*/record.json"))) < 3:
            assert time.monotonic() < deadline
            time.sleep(0.05)
        os.killpg(server.pid, signal.SIGKILL)
        out, errors = driver.communicate(timeout=500)
    assert driver.returncode == 0, errors
    assert "8 completed" in out
    assert results(tmp_path / "results") == results(finished / "results")
    with mlflow_server(tmp_path / "results", port):
        _sync_completes(tmp_path, finished, MLFLOW_TRACKING_URI=address)
