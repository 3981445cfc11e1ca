"""A study of a user's own code, submitted to a cluster that wants a token."""

from __future__ import annotations

import pytest
from own_parts import write_own_study
from programs import incay
from raylets_client import Raylets
from small_study import local_outcomes

pytestmark = pytest.mark.long


def test_own_code_goes_along_and_gives_the_same_numbers(tmp_path):
    here, there = tmp_path / "here", tmp_path / "there"
    for folder in (here, there):
        write_own_study(folder)
    # Named on the command line, from another folder than the study's.
    (there / "elsewhere").mkdir()
    (there / "vision.py").rename(there / "elsewhere" / "vision.py")
    study = (
        (there / "own.yaml").read_text().replace("uses: [parts.py, vision.py]", "uses: parts.py")
    )
    (there / "own.yaml").write_text(study)
    local = incay("run", "own.yaml", "--no-mirror", cwd=here)
    assert local.returncode == 0, local.stdout + local.stderr
    results = str(there / "results")
    with Raylets(tmp_path / "home", 2, INCAY_RESULTS=results) as cluster:
        submit = ["submit", "own.yaml", "--uses", "elsewhere/vision.py", "--no-mirror"]
        done = cluster.incay(*submit, "--address", cluster.dashboard, cwd=there)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "6 trials started, 0 reused; 6 completed" in done.stdout
    assert local_outcomes(there / "results") == local_outcomes(here / "results")
