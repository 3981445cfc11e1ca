"""The undisturbed run that disturbed ones are compared with."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from small_study import TRIALS, local_outcomes, write_study

PROJECT = Path(__file__).parents[2]


@pytest.fixture(scope="session")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """Outcomes of the small study on this machine alone."""
    folder = tmp_path_factory.mktemp("undisturbed")
    write_study(folder)
    subprocess.run(
        [sys.executable, "-m", "incay", "run", "small.yaml", "--no-mirror"],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(PROJECT / ".src")},
        stdout=subprocess.DEVNULL,
        check=True,
    )
    found = local_outcomes(folder / "results")
    assert len(found) == TRIALS
    return found
