"""Studies that search by a measure and show measures, one of the user's own, on real digits."""

from __future__ import annotations

from pathlib import Path

import pytest
from programs import incay

STUDY = """\
name: measured
uses: [mine.py]
base:
  dataset: digits
  network: {name: mnist-2d, width: 0.25, dimension: 8}
  optimizer.lr: 0.03
  steps: 60
  batch_size: 64
  reports: 3
  measure: {train: true, ood: [shuffled]}
arms: {Softmax: {}, RN: {incay: {form: reciprocal, weight: 0.1}}}
search: {all arms: {optimizer.weight_decay: log 1e-5 .. 1e-3}}
budget: {trials: 2, sampler: random, pruner: median}
objective: {metric: val.ece}
columns: [error, ece, mine, train.nc1, ood.norm.auroc]
confirm: {seeds: 2}
"""
MINE = '''\
"""A measure of a user's own."""

from incay.components import Measure, register_measure


@register_measure("mine")
class Mine(Measure):
    """Mean norm of right answers over that of all."""

    title = "how much longer right answers are"
    needs = ("label", "prediction", "norm")

    @staticmethod
    def compute(records):
        return float(records.norm[records.correct].mean() / records.norm.mean())
'''


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder in which the study has run, by each of two objectives."""
    folder = tmp_path_factory.mktemp("measured")
    (folder / "study.yaml").write_text(STUDY)
    (folder / "mine.py").write_text(MINE)
    for objective in ("val.ece", "val.nll"):
        done = incay(
            *("run", "study.yaml", "--no-mirror", "--set", f"objective.metric={objective}"),
            cwd=folder,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        # What one objective asks of trials, another has: all are recorded at every report.
        started = "8 trials started, 0 reused" if objective == "val.ece" else "0 trials started, 8"
        assert started in done.stdout
    return folder


@pytest.mark.long
def test_the_study_shows_its_columns_without_the_code(folder: Path) -> None:
    saved = (folder / "mine.py").read_text()
    (folder / "mine.py").write_text("raise SystemExit('it ran')")
    try:
        done = incay("table", "measured", "--format", "csv", cwd=folder)
    finally:
        (folder / "mine.py").write_text(saved)
    assert done.returncode == 0, done.stderr
    header, *rows = done.stdout.splitlines()
    for name in ("error", "ece", "mine", "train.nc1", "ood.norm.auroc"):
        assert name in header
    assert len(rows) == 2
    assert "not recorded" not in done.stdout


@pytest.mark.long
@pytest.mark.parametrize(
    ("columns", "code", "told"),
    [
        ("error,ece,nc1", 0, "NC1"),
        ("mine", 0, "How much longer right answers are"),
        ("error,ecce", 2, "did you mean 'ece'?"),
    ],
)
def test_columns_on_the_command_line(folder: Path, columns: str, code: int, told: str) -> None:
    done = incay("table", "measured", "--columns", columns, cwd=folder)
    assert done.returncode == code
    assert told in " ".join((done.stdout + done.stderr).split())


@pytest.mark.long
def test_what_was_measured_is_the_same_bit_for_bit_when_trained_again(folder: Path) -> None:
    done = incay("verify", "measured", "--retrain", "2", "--uses", "mine.py", cwd=folder)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "bit for bit" in done.stdout
