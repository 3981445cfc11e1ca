"""What users' files may do wrong: each ends in one message, or in a record that says so."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch
from in_process import Done, incay

from incay.study.planning.data_catalog import DataCatalog
from incay.study.planning.trials import Planner
from incay.study.spec.own_code import use_own_code
from incay.study.spec.reading.document import load_document
from incay.study.spec.study import parse_study
from incay.trainables.store.records import TrialRecord
from incay.trainables.store.trials import Store
from incay.trainables.uses import withdraw
from incay.trainables.worker.session import train
from incay.trainables.worker.task import TrialTask
from tests.study.planning import bad_components, bad_files
from tests.study.planning.bad_endings import ENDING
from tests.study.planning.bad_files import FORMULA, LOSS, Bad

REFUSED = {**bad_files.REFUSED, **bad_components.REFUSED}

STUDY = """\
name: own
uses: [USES]
base:
  dataset: digits
  network: {name: mnist-2d, width: 0.3, dimension: 4}
  loss: mine
  optimizer: {lr: 0.001}
  steps: 6
  batch_size: 16
  reports: 3
confirm: {seeds: 1}
"""


@pytest.fixture(autouse=True)
def _folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    yield
    withdraw()


def written(bad: Bad) -> None:
    """Write a study, and what lies beside it."""
    assert bad.old in LOSS
    contents = {"mine.py": LOSS.replace(bad.old, bad.new) if bad.old else LOSS, **bad.files}
    for name, content in contents.items():
        path = Path(name)
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
    Path("own.yaml").write_text(STUDY.replace("USES", bad.uses))


@pytest.mark.parametrize("name", REFUSED)
def test_is_refused_in_one_message(name: str) -> None:
    bad = REFUSED[name]
    written(bad)
    settings = [word for setting in bad.settings for word in ("--set", setting)]
    done: Done = incay("plan", "own.yaml", "--no-probe", *settings)
    lines = [line for line in done.err.splitlines() if "runs code that is not" not in line]
    assert done.code == 2, (done.out, done.err)
    assert len(lines) == 1, done.err
    assert re.search(bad.told, lines[0]), lines[0]
    assert re.match("incay: (own.yaml:|--set )", lines[0]), lines[0]
    assert not done.out


@pytest.mark.parametrize("name", ENDING)
def test_ends_in_a_record(name: str) -> None:
    """And is the same trial, bit for bit, when it is trained again."""
    ends = ENDING[name]
    written(Bad("", files={"mine.py": ends.head + LOSS.replace(FORMULA, ends.new)}))
    planned = incay("plan", "own.yaml", "--no-probe")
    assert planned.code == 0
    assert "here" not in planned.out, "what a component prints is no part of the answer"
    first, second = (_trained(store) for store in ("first", "second"))
    assert (first.status, first.step) == (ends.status, ends.step), first.reason
    assert re.search(ends.reason, first.reason), first.reason
    assert {**first.metrics, "images_per_second": 0} == {**second.metrics, "images_per_second": 0}


def test_classes_may_have_one_name_in_two_files() -> None:
    written(
        Bad("", files={"other.py": LOSS.replace('"mine"', '"theirs"')}, uses="mine.py, other.py")
    )
    assert incay("plan", "own.yaml", "--no-probe", "--set", "loss=theirs").code == 0


def _trained(store: str) -> TrialRecord:
    document = load_document(Path("own.yaml"))
    code = use_own_code(document)
    data = DataCatalog(None)
    (trial,) = Planner(parse_study(document, code), data).confirm_trials()
    config = trial.config
    task = TrialTask(trial.fingerprint, config, data.hash(config.dataset))
    return train(task, data.load(config.dataset), Store(store), torch.device("cpu"))
