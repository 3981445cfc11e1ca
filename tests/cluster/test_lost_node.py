"""Several raylets, one of which dies in the middle of a study."""

from __future__ import annotations

import subprocess
import sys

import pytest
from raylets_client import Raylets
from small_study import local_outcomes, wait_for, write_study

pytestmark = pytest.mark.long


def test_a_study_survives_the_loss_of_a_node(tmp_path, undisturbed):
    write_study(tmp_path)
    with Raylets(tmp_path / "home", 0, 1, 1) as cluster:
        driver = subprocess.Popen(
            [sys.executable, "-m", "study.cli", "run", "small.yaml", "--no-mirror"],
            cwd=tmp_path,
            env={**cluster.environment, "RAY_ADDRESS": cluster.address},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        wait_for(
            lambda: list(tmp_path.glob("results/trials/*/*/progress.json")), "a report of a trial"
        )
        cluster.kill()
        said, _ = driver.communicate(timeout=240)
    assert driver.returncode == 0, said
    assert "4 completed" in said
    assert local_outcomes(tmp_path / "results") == undisturbed
