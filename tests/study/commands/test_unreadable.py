"""Results that somebody may not read mark their own trials; nobody writes over them."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from programs import ENVIRONMENT

_DROPPED = ("setpriv", "--bounding-set=-dac_override,-dac_read_search", "--inh-caps=-all")
"""Leaves root the rights that a file's mode gives it."""


@pytest.fixture
def command() -> tuple[str, ...]:
    python = (sys.executable, "-m", "incay")
    if os.geteuid():
        return python
    if shutil.which(_DROPPED[0]) is None:
        pytest.skip("needs setpriv, or another user than root")
    return (*_DROPPED, *python)


def test_a_record_that_cannot_be_read(
    command: tuple[str, ...], finished: Path, tmp_path: Path
) -> None:
    folder = shutil.copytree(finished, tmp_path / "copy")

    def asked(*arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            (*command, *arguments),
            cwd=folder,
            env={**ENVIRONMENT, "COLUMNS": "400"},
            capture_output=True,
            text=True,
            check=False,
        )

    records = folder.glob("results/trials/*/*/record.json")
    record = next(each for each in records if '"test.error"' in each.read_text())
    record.chmod(0)
    assert "damaged" in asked("status", "tiny").stdout
    shown = asked("table", "tiny")
    assert shown.returncode == 0
    assert f"{record.name} must be readable, but: Permission denied" in shown.stdout
    for each in (("plan", "tiny.yaml", "--no-probe"), ("run", "tiny.yaml", "--no-mirror")):
        done = asked(*each)
        assert done.returncode == 2
        assert f"{record} must be readable, but: Permission denied" in done.stderr
    record.chmod(0o600)
    assert "8 completed" in asked("run", "tiny.yaml", "--no-mirror").stdout
