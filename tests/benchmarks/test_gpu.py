"""The GPU run works where nothing is installed but PyTorch, torchvision, NumPy and pyarrow."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks.gpu import __main__ as gpu

REPOSITORY = Path(__file__).parents[2]
ABSENT = (
    *("ray", "mlflow", "optuna", "cmaes", "pydantic", "ruamel", "typer", "rich"),
    *("scipy", "statsmodels", "sklearn", "matplotlib", "pandas", "hypothesis", "pytest", "psutil"),
)
HIDE = f"""
from importlib.machinery import PathFinder

find_spec = PathFinder.find_spec

def find_what_is_installed(name, path=None, target=None):
    return None if name.partition(".")[0] in {ABSENT!r} else find_spec(name, path, target)

PathFinder.find_spec = find_what_is_installed
"""


@pytest.mark.long
def test_runs_with_nothing_else_installed_and_prints_its_table_last(tmp_path: Path) -> None:
    # Found by the processes of all sections when they start.
    (tmp_path / "sitecustomize.py").write_text(HIDE)
    command = [sys.executable, "-m", "benchmarks.gpu", "--tiny", "--device", "cpu"]
    environment = {**os.environ, "PYTHONPATH": f"{tmp_path}:{REPOSITORY}", "INCAY_DATA": ""}
    hidden = subprocess.run(
        [sys.executable, "-c", "import ray"], env=environment, capture_output=True, check=False
    )
    assert hidden.returncode == 1
    done = subprocess.run(
        command, cwd=REPOSITORY, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    lines = done.stdout.split("\nsection ")[-1].splitlines()
    for name in gpu.SECTIONS:
        assert any(line.startswith(f"{name} ") for line in lines), done.stdout
        assert any(line.startswith(f"{name}: done in") for line in lines), done.stdout
    assert "synthetic images" in done.stdout
    assert lines[-1].endswith("s in all")


def test_a_section_that_fails_loses_nothing_of_the_others(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(gpu, "SECTIONS", {"broken": 30, "synchronisation": 30})
    gpu.main(["--tiny", "--device", "cpu"])
    last = capfd.readouterr().out.split("\nsection ")[-1]
    assert "broken: failed after" in last
    assert "synchronisation: done in" in last
    assert "waits between reports" in last


def test_no_section_begins_without_time(capsys: pytest.CaptureFixture[str]) -> None:
    gpu.main(["--tiny", "--device", "cpu", "--minutes", "0.1"])
    assert capsys.readouterr().out.count("left out: no time was left for it") == len(gpu.SECTIONS)


def test_an_unknown_section_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="2"):
        gpu.main(["nonsense"])
    assert "must be one of synchronisation, losses" in capsys.readouterr().err
