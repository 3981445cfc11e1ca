"""A threshold that is a multiple of another arm's norm."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import pytest
from programs import incay
from simulated_records import simulated_record

from incay.study.errors import StudyError
from incay.study.planning.data_catalog import DataCatalog
from incay.study.planning.trials import PlannedTrial, Planner, WaitingTrial
from incay.study.search.order import FixedWork, Signal
from incay.study.spec.reading.document import Document, load_document
from incay.study.spec.study import StudySpec, parse_study
from incay.trainables.store.endings import Ending
from incay.trainables.store.records import TrialRecord

STUDY = """\
name: referring
base:
  dataset: digits
  network: {name: mnist-2d, width: 0.2}
  optimizer: {lr: 0.01}
  steps: 10
  reports: 2
  batch_size: 32
arms:
  RN + Softmax:
    incay: {form: reciprocal, weight: 0.1, threshold: 1+sqrt2 x arm:Softmax}
  Softmax: {}
baseline: Softmax
confirm: {seeds: 2}
"""


def parsed(tmp_path: Path, text: str) -> StudySpec:
    path = tmp_path / "study.yaml"
    path.write_text(text)
    return parse_study(load_document(path))


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("arm:Softmax", "arm:Sotfmax", "did you mean 'Softmax'?"),
        ("arm:Softmax", "arm:RN + Softmax", "an arm cannot wait for its own norm"),
        (
            "baseline: Softmax",
            "baseline: Softmax\nsearch: {RN + Softmax: {incay.weight: log 1e-3 .. 1}}",
            "must search nothing",
        ),
    ],
)
def test_a_reference_without_a_norm_is_refused_by_line(
    tmp_path: Path, old: str, new: str, message: str
) -> None:
    with pytest.raises(StudyError) as caught:
        parsed(tmp_path, STUDY.replace(old, new))
    assert "study.yaml:11: arms.RN + Softmax.incay.threshold: " in str(caught.value)
    assert message in str(caught.value)


def test_the_plan_shows_it_as_the_study_says_it(tmp_path: Path) -> None:
    arm = next(arm for arm in parsed(tmp_path, STUDY).arms if arm.name == "RN + Softmax")
    assert arm.difference["incay.threshold"] == "2.41421 x arm:Softmax"


def record(trial: PlannedTrial, status: Ending = Ending.COMPLETED) -> TrialRecord:
    return simulated_record(trial.fingerprint, {"train.norm": 100.0 + trial.number}, status)


def work(stored: Mapping[str, TrialRecord]) -> FixedWork:
    values = {
        "name": "referring",
        "base": {"dataset": "digits", "steps": 10},
        "arms": {
            "Softmax": {},
            "RN": {"incay": {"form": "log", "weight": 0.1, "threshold": "2 x arm:Softmax"}},
        },
        "confirm": {"seeds": 2},
    }
    spec = parse_study(Document("referring", values))
    trials = Planner(spec, DataCatalog(None)).confirm_trials()
    assert sum(isinstance(trial, WaitingTrial) for trial in trials) == 2
    return FixedWork(trials, stored.get)


def test_it_follows_the_norm_of_its_own_replicate() -> None:
    confirm = work({})
    first, second = confirm.next(), confirm.next()
    assert isinstance(first, PlannedTrial)
    assert isinstance(second, PlannedTrial)
    assert confirm.next() is Signal.WAIT
    confirm.end(second, record(second))
    dependent = confirm.next()
    assert isinstance(dependent, PlannedTrial)
    assert dependent.number == second.number == 1
    assert dependent.config.incay.threshold == 2 * 101.0
    assert dependent.config.seed == second.config.seed
    confirm.end(first, record(first))
    other = confirm.next()
    assert isinstance(other, PlannedTrial)
    assert other.config.incay.threshold == 2 * 100.0
    assert confirm.next() is Signal.DONE
    assert len(confirm.planned) == 4


def test_it_is_told_where_there_is_no_norm() -> None:
    confirm = work({})
    first, second = confirm.next(), confirm.next()
    assert isinstance(first, PlannedTrial)
    assert isinstance(second, PlannedTrial)
    confirm.end(first, record(first, Ending.DIVERGED))
    confirm.end(second, record(second))
    assert isinstance(confirm.next(), PlannedTrial)
    assert confirm.next() is Signal.DONE
    assert [(trial.arm, trial.number) for trial in confirm.stuck] == [("RN", 0)]


def test_a_study_trains_it_after_the_other_and_again_trains_nothing(tmp_path: Path) -> None:
    (tmp_path / "study.yaml").write_text(STUDY)
    done = incay("run", "study.yaml", "--no-mirror", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "4 trials started, 0 reused; 4 completed" in done.stdout
    (path,) = tmp_path.glob("results/studies/referring/*/trials.json")
    rows = {(row["arm"], row["number"]): row for row in json.loads(path.read_text())["trials"]}
    for number in range(2):
        ours, theirs = (
            json.loads(next(tmp_path.glob(f"results/trials/*/{name}/record.json")).read_text())
            for name in (
                rows["RN + Softmax", number]["fingerprint"],
                rows["Softmax", number]["fingerprint"],
            )
        )
        expected = (1 + 2**0.5) * theirs["metrics"]["train.norm"]
        assert ours["config"]["incay"]["threshold"] == pytest.approx(expected)
    again = incay("run", "study.yaml", "--no-mirror", cwd=tmp_path)
    assert "0 trials started, 4 reused; 4 completed" in again.stdout
    planned = incay("plan", "study.yaml", "--no-probe", cwd=tmp_path)
    assert planned.returncode == 0, planned.stderr
