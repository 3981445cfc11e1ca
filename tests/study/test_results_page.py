"""docs/results.md: its commands and its Python run, and it names every table and figure."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest
from in_process import incay

from incay.analysis.figures import figures
from incay.analysis.tables import tables
from tests.analysis.study_factory import StudyFactory, drawn_history, drawn_samples

PAGE = (Path(__file__).parents[2] / "docs" / "results.md").read_text(encoding="utf-8")
COMMANDS = [
    shlex.split(line, comments=True) for line in re.findall(r"^    (incay .*)$", PAGE, re.M)
]
SPACE = {"optimizer.weight_decay": "log 1e-5 .. 1e-2"}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with results of two studies, one of them the page's run of quickstart."""
    folder = tmp_path_factory.mktemp("page")
    for name, run in (("quickstart", "2d91df37"), ("my-study", "1a2b3c4d")):
        factory = StudyFactory(folder / "results", name, run=run)
        for index, arm in enumerate(("Softmax", "RN + Softmax")):
            incay_on = {"incay.form": "reciprocal", "incay.weight": 0.1} if index else {}
            factory.arm(arm, incay_on, SPACE)
            for number in range(4):
                params = {"optimizer.weight_decay": 10.0 ** (-5 + number)}
                found = {"val.error": 9.0 - 0.1 * number}
                factory.trial(arm, number, found, phase="search", params=params)
            for number in range(3):
                factory.trial(
                    arm,
                    number,
                    {"test.error": 8.0 - index + 0.1 * number, "test.norm": 200.0},
                    samples=drawn_samples(number, 200.0, 0.1, images=100),
                    history=drawn_history(number, 8.0, 200.0),
                )
        factory.write()
    return folder


def test_the_pages_commands_do_what_they_say(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder)
    assert {command[1] for command in COMMANDS} == {
        "table",
        "figure",
        "report",
        "compare",
        "verify",
    }
    for command in COMMANDS:
        done = incay(*command[1:])
        assert done.code == 0, (command, done.err)
        if "--output" in command:
            assert Path(command[command.index("--output") + 1]).stat().st_size > 100
    assert done.out == "every cell matches\n"


def test_the_pages_python_runs(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder)
    (code,) = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
    names: dict[str, object] = {}
    exec(compile(code, "docs/results.md", "exec"), names)
    shown, drawn = names["shown"], names["drawn"]
    assert shown._repr_html_().startswith('<figure class="incay-table"')  # type: ignore[attr-defined]
    assert drawn._repr_svg_().startswith("<?xml")  # type: ignore[attr-defined]
    assert shown.to_arrow().num_rows == 2  # type: ignore[attr-defined]
    assert Path("best.pdf").read_bytes().startswith(b"%PDF")


def test_every_figure_and_table_is_named() -> None:
    named = set(re.findall(r"`([a-z0-9-]+)`", PAGE))
    assert set(figures) <= named
    assert {"general", "comparisons", "paper-a-table-1", "paper-b-table-1"} <= named
    assert {name for name in tables if not name.startswith("paper-")} <= named
