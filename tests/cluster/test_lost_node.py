"""Several raylets, one or all of which die in the middle of a study."""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys
from pathlib import Path

import pytest
from raylets_client import Raylets
from small_study import STEPS, local_outcomes, start_driver, wait_for, write_study

pytestmark = pytest.mark.long

INTERVAL = 2.0


def test_a_study_survives_the_loss_of_a_node(tmp_path, undisturbed):
    with _raylets(tmp_path, 0, 1, 1) as cluster:
        driver = start_driver(tmp_path, cluster.address, cluster.environment)
        wait_for(lambda: len(_under_way(tmp_path)) == 2, "two trials under way")
        before = _progress(tmp_path)
        cluster.kill()
        said, _ = driver.communicate(timeout=500)
    assert driver.returncode == 0, said
    assert "4 trials started, 0 reused; 4 completed" in said
    assert "a worker was lost" in said
    assert local_outcomes(tmp_path / "results") == undisturbed
    assert _resumed_without_losing_more_than_an_interval(tmp_path, before) >= 1


def test_a_study_survives_the_loss_of_all_nodes(tmp_path, undisturbed):
    write_study(tmp_path)
    submit = ["submit", "small.yaml", "--no-mirror"]
    with _raylets(tmp_path, 2) as cluster:
        client = subprocess.Popen(
            [sys.executable, "-m", "incay", *submit, "--address", cluster.dashboard],
            cwd=tmp_path,
            env=cluster.environment,
        )
        wait_for(lambda: len(_under_way(tmp_path)) == 2, "two trials under way")
        before = _progress(tmp_path)
        ended = _records(tmp_path)
        cluster.kill_all()
        client.kill()
        client.wait()
    with _raylets(tmp_path, 2) as cluster:
        again = cluster.incay(*submit, "--address", cluster.dashboard, cwd=tmp_path, timeout=500)
    assert again.returncode == 0, again.stdout + again.stderr
    assert f"{len(ended)} reused; 4 completed" in again.stdout
    assert ended.items() <= _records(tmp_path).items()
    assert local_outcomes(tmp_path / "results") == undisturbed
    assert _resumed_without_losing_more_than_an_interval(tmp_path, before) == 2


def _raylets(folder: Path, *cpus: int) -> Raylets:
    return Raylets(
        folder / "home",
        *cpus,
        INCAY_RESULTS=str(folder / "results"),
        INCAY_CHECKPOINT_SECONDS=str(INTERVAL),
    )


def _progress(folder: Path) -> dict[str, dict]:
    found = {}
    for path in folder.glob("results/trials/*/*/progress.json"):
        with contextlib.suppress(FileNotFoundError):
            found[path.parent.name] = json.loads(path.read_text())
    return found


def _records(folder: Path) -> dict[str, int]:
    paths = folder.glob("results/trials/*/*/record.json")
    return {path.parent.name: path.stat().st_mtime_ns for path in paths}


def _under_way(folder: Path) -> list[str]:
    return [
        name
        for name, kept in _progress(folder).items()
        if kept["step"] >= STEPS / 4 and kept["seconds"] > 2 * INTERVAL
    ]


def _resumed_without_losing_more_than_an_interval(folder: Path, before: dict[str, dict]) -> int:
    """Check every trial that had reached a report when a node died; return how many resumed."""
    resumed = 0
    for name, kept in before.items():
        record = json.loads(
            (folder / "results" / "trials" / name[:2] / name / "record.json").read_text()
        )
        attempts = record["provenance"]["attempts"]
        assert not any("discarded" in attempt for attempt in attempts)
        if len(attempts) == 1:
            continue  # it was not on the node that died
        per_step = kept["seconds"] / kept["step"]
        lost = (kept["step"] - attempts[-1]["from_step"]) * per_step
        between_reports = per_step * STEPS / 40
        assert lost <= INTERVAL + 2 * between_reports, (lost, per_step, attempts)
        resumed += 1
    return resumed
