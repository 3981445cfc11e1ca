"""Results of the tiny study, made once for all tests that read them."""

from __future__ import annotations

from pathlib import Path

import pytest
from programs import incay
from tiny_study import STUDY


@pytest.fixture(scope="session")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the tiny study and its results in ``results``."""
    folder = tmp_path_factory.mktemp("tiny")
    (folder / "tiny.yaml").write_text(STUDY)
    done = incay("run", "tiny.yaml", cwd=folder)
    assert done.returncode == 0, done.stderr
    assert "8 trials started, 0 reused; 8 completed" in done.stdout
    return folder
