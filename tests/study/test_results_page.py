"""docs/results.md and the pages beside it: their commands and Python run; all figures are named."""

from __future__ import annotations

import re
import shlex
from pathlib import Path
from typing import Any

import pytest
import torch
from in_process import incay

from incay.analysis import figure, load, table
from incay.analysis.figures import figures
from incay.analysis.tables import tables
from incay.trainables.config import TrialConfig
from incay.trainables.data.digits import DigitsSettings
from incay.trainables.networks.mnist_2d import MNIST2DSettings
from incay.trainables.store.books import Books
from incay.trainables.store.kept import Choice, KeptModel
from incay.trainables.store.trials import Store
from incay.trainables.training.trainer import Trainer
from incay.trainables.worker.model import save_model
from tests.analysis.study_factory import StudyFactory, drawn_history, drawn_samples

PAGE, CHECKING, MODELS = (
    (Path(__file__).parents[2] / "docs" / f"{name}.md").read_text(encoding="utf-8")
    for name in ("results", "checking", "models")
)
COMMANDS = [
    shlex.split(line, comments=True)
    for line in re.findall(r"^    (incay .*)$", PAGE + CHECKING, re.M)
]
(CODE,) = re.findall(r"```python\n(.*?)```", MODELS, re.DOTALL)
SPACE = {"optimizer.weight_decay": "log 1e-5 .. 1e-2"}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with results of two studies, one of them the page's run of quickstart."""
    folder = tmp_path_factory.mktemp("page")
    for name, run in (("quickstart", "2fb2f00c"), ("my-study", "1a2b3c4d")):
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
        "trace",
    }
    for command in COMMANDS:
        done = incay(*command[1:])
        if "--retrain" in command:
            # These records are made up, which is what it is there to find.
            assert done.code == 1
            assert "3 trials trained again: 3 not to be compared" in done.out
            continue
        assert done.code == 0, (command, done.err)
        if "--output" in command:
            assert Path(command[command.index("--output") + 1]).stat().st_size > 100
        if command[1] == "trace":
            assert "test.error over 3 seeds" in done.out
        if command[1] == "verify":
            assert done.out == "every cell matches\n"


def test_notebooks_show_what_python_reads(folder: Path) -> None:
    results = load(folder / "results", "quickstart", run="2fb2f00c")
    shown, drawn = table(results), figure(results, "best-so-far")
    assert shown._repr_html_().startswith('<figure class="incay-table"')
    assert drawn._repr_svg_().startswith("<?xml")
    assert shown.to_arrow().num_rows == 2
    drawn.save(folder / "drawn.pdf")
    assert (folder / "drawn.pdf").read_bytes().startswith(b"%PDF")


def test_the_pages_model_predicts(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder)
    store, data = Store("results"), DigitsSettings().load(None)
    config = TrialConfig(network=MNIST2DSettings(width=0.2), steps=2, reports=1, batch_size=16)
    trainer = Trainer(config, data, torch.device("cpu"))
    trainer.advance()
    books = Books(store, "quickstart", "2fb2f00c")
    fingerprint = next(row.fingerprint for row in books.trials() if row.phase == "confirm")
    save_model(store, fingerprint, trainer, data)
    books.write_models({fingerprint: KeptModel(arm="Softmax", chosen_by=Choice.SEED)})
    names: dict[str, Any] = {"images": data.train.images[:5]}
    exec(compile(CODE, "docs/models.md", "exec"), names)
    assert names["model"].predict(names["images"]).shape == (5,)
    assert len(names["model"].class_names) == 10


def test_every_figure_and_table_is_named() -> None:
    named = set(re.findall(r"`([a-z0-9-]+)`", PAGE))
    assert set(figures) <= named
    assert {"general", "comparisons", "paper-a-table-1", "paper-b-table-1"} <= named
    assert {name for name in tables if not name.startswith("paper-")} <= named
