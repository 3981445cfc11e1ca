"""What a job carries."""

from __future__ import annotations

import subprocess
import sys

import pytest

from incay.study.cluster import package
from incay.study.cluster.package import PACKAGE, check_size, packaged
from incay.study.errors import UserError


def test_only_the_project_and_the_study(tmp_path):
    study = tmp_path / "mine.yaml"
    study.write_text("name: mine")
    (tmp_path / "unrelated.py").touch()
    with packaged(study) as folder:
        assert {path.name for path in folder.iterdir()} == {"incay", "mine.yaml"}
        rooms = {path.name for path in (folder / "incay").iterdir()}
        assert {each for each in rooms if not each.endswith(".py")} == {
            *("study", "trainables", "analysis"),
        }
        doors = {each for each in rooms if each.endswith(".py")}
        assert doors == {"__init__.py", "__main__.py", "components.py", "testing.py"}
        suffixes = {path.suffix for path in folder.rglob("*") if path.is_file()}
        assert suffixes <= {".py", ".yaml", ".json", ".toml", ".typed", ".html", ".css", ".js"}
    assert not folder.exists()


def test_the_package_is_enough_to_run_from(tmp_path):
    with packaged(None) as folder:
        command = "import incay.study.execution.runner, incay.analysis; print(incay.__file__)"
        done = subprocess.run(
            [sys.executable, "-c", command],
            cwd=folder,
            env={"PYTHONPATH": str(folder)},
            capture_output=True,
            text=True,
            check=True,
        )
        assert done.stdout.count(str(folder)) == 1


def test_what_is_too_large_is_refused_by_name(tmp_path, monkeypatch):
    monkeypatch.setattr(package, "_MOST_BYTES", 1000)
    (tmp_path / "weights.yaml").write_bytes(b"x" * 900)
    (tmp_path / "small.yaml").write_bytes(b"x" * 200)
    files = {path.relative_to(tmp_path): path for path in tmp_path.iterdir()}
    with pytest.raises(UserError, match=r"weights\.yaml \(0\.0 MiB\), small\.yaml"):
        check_size(files)


def test_the_project_is_far_below_the_limit():
    sizes = sum(path.stat().st_size for path in package.package_files(PACKAGE))
    assert sizes < 5 * 2**20
