"""Completion of values in a shell: every name there is, and nothing heavy to wait for."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from incay.analysis.figures import figures
from incay.analysis.output.renderers import renderers
from incay.study.commands.shared import completion
from incay.study.spec.catalog import built_in_studies
from incay.trainables.config import COMPONENTS

ROOT = Path(__file__).parents[3]


def completed(line: str, cwd: Path) -> list[str]:
    """Ask as bash does at Tab."""
    words = line.split(" ")
    code = (
        "import sys; sys.argv = ['incay']; from incay.study.cli import app; app(prog_name='incay')"
    )
    done = subprocess.run(
        [sys.executable, "-X", "importtime", "-c", code],
        cwd=cwd,
        env={
            **os.environ,
            "PYTHONPATH": str(ROOT / ".src"),
            "_INCAY_COMPLETE": "complete_bash",
            "COMP_WORDS": line,
            "COMP_CWORD": str(len(words) - 1),
        },
        capture_output=True,
        text=True,
        check=False,
    )
    heavy = {"torch", "ray", "mlflow", "optuna", "pandas", "scipy", "pyarrow", "numpy"}
    imported = {each.rpartition("|")[2].strip() for each in done.stderr.splitlines()}
    assert not heavy & imported, done.stderr[-3000:]
    return done.stdout.splitlines()


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("incay run quick", ["quickstart"]),
        ("incay submit quick", ["quickstart"]),
        ("incay table my", ["my/", "my-study.yaml"]),
        ("incay table x --format l", ["latex"]),
        ("incay figure x feature", ["feature-scatter"]),
        ("incay networks mnist-", ["mnist-2d"]),
        ("incay networks --dataset orl", ["orl_faces"]),
        ("incay data verify fash", ["fashion_mnist"]),
        ("incay trace m", ["my-table.md", "my.pdf", "my/"]),
    ],
)
def test_values_complete(line: str, expected: list[str], tmp_path: Path) -> None:
    (tmp_path / "my").mkdir()
    (tmp_path / "my-study.yaml").touch()
    (tmp_path / "my-notes.txt").touch()
    (tmp_path / "my-table.md.manifest.json").touch()
    (tmp_path / "my.pdf").touch()
    assert completed(line, tmp_path) == expected


def test_every_name_is_offered(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert completion.networks("") == sorted(COMPONENTS["network"])
    assert completion.datasets("") == sorted(COMPONENTS["dataset"])
    assert completion.figures("") == sorted(figures)
    assert completion.formats("") == sorted(renderers)
    assert completion.studies("") == [path.stem for path in built_in_studies()]
