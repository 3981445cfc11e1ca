"""Studies run from Python: in threads, inside a Ray that is there, interrupted, and the docs."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from programs import ROOT, python

PAGE = (ROOT / "docs" / "python.md").read_text(encoding="utf-8")
NOTEBOOK = ROOT / "docs" / "notebook.ipynb"

SCRIPT = """\
import os, signal, sys, threading
import incay

assert not {"torch", "ray", "pyarrow"} & set(sys.modules)
study = incay.Study(
    "tiny",
    base={"dataset": "digits", "network": {"name": "mnist-2d", "width": 0.3, "dimension": 4},
          "optimizer.lr": 0.01, "steps": 40, "batch_size": 32, "reports": 4, "precision": "fp32"},
    arms={"Softmax": {}, "RN": {"incay": {"form": "reciprocal", "weight": 0.1}}},
    confirm={"seeds": 2},
    keep_models=2,
)
LONG = {"steps": 20_000, "reports": 2_000}


def surroundings():
    rays = {name: os.environ[name] for name in os.environ if name.startswith(("RAY_", "TUNE_"))}
    return rays, [signal.getsignal(each) for each in (signal.SIGINT, signal.SIGTERM)]


"""
IN_A_THREAD = """\
before, told = surroundings(), []
found = []
thread = threading.Thread(
    target=lambda: found.append(incay.run(study, results="r", on_progress=told.append))
)
thread.start()
thread.join()
(results,) = found
assert {trial.status for trial in results.trials} == {"completed"}, results.to_pandas()
assert told[-1].share == 1.0 and told[-1].phase == "confirm"
assert surroundings() == before
assert incay.plan(study, results="r", probe=False).finished == 4
model = incay.load_model(results, "RN")
kept = [each for each in results.kept if each.arm == "RN"]
assert incay.load_model("r", kept[0].fingerprint).metrics == model.metrics
try:
    incay.load_model(results, "RN", replicate=9)
except incay.UserError as error:
    assert "replicate 9" in str(error)
"""
INTERRUPTED = """\
before = surroundings()


def interrupt(progress):
    if progress.share > 0:
        os.kill(os.getpid(), signal.SIGINT)


def stop(progress):
    if progress.share > 0.0:
        progress.stop()


try:
    incay.run(study, results="r", set=LONG, on_progress=interrupt)
    raise SystemExit("it went on")
except incay.StudyInterrupt as error:
    print(error)
assert surroundings() == before
first = incay.load("r", "tiny")
assert {trial.status for trial in first.trials} <= {"interrupted", "pending"}
reached = max(trial.record.step for trial in first.trials if trial.record)
results = incay.run(study, results="r", set=LONG, on_progress=stop)
assert max(trial.record.step for trial in results.trials if trial.record) >= reached > 0


def breaks(progress):
    raise LookupError("mine")


try:
    incay.run(study, results="r", set=LONG, on_progress=breaks)
    raise SystemExit("it went on")
except LookupError as error:
    print(error)
"""
IN_THEIR_RAY = """\
import ray

ray.init(num_cpus=2, include_dashboard=False, log_to_driver=False)
results = incay.run(study, results="r")
assert {trial.status for trial in results.trials} == {"completed"}, results.to_pandas()
assert ray.is_initialized()
try:
    incay.run(study, results="r", set={"steps": 41}, cpus=1)
    raise SystemExit("it went on")
except incay.UserError as error:
    assert "cpus and gpus must be left out" in str(error)
assert ray.get(ray.remote(lambda: 1).remote()) == 1
ray.shutdown()
# Ray is imported by now, and still the next run has a private one.
results = incay.run(study, results="r", set={"steps": 42}, cpus=1)
assert {trial.status for trial in results.trials} == {"completed"}, results.to_pandas()
"""


@pytest.mark.long
@pytest.mark.parametrize(
    "part", [IN_A_THREAD, INTERRUPTED, IN_THEIR_RAY], ids=["thread", "interrupted", "their-ray"]
)
def test_a_script_without_a_main_guard_runs_a_study(part: str, tmp_path: Path) -> None:
    (tmp_path / "script.py").write_text(SCRIPT + part)
    done = python("script.py", cwd=tmp_path, timeout=400)
    assert done.returncode == 0, done.stderr


@pytest.mark.long
def test_the_pages_examples_run(tmp_path: Path) -> None:
    code = "\n".join(re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL))
    (tmp_path / "page.py").write_text(code)
    done = python("page.py", cwd=tmp_path, timeout=400)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "differences.svg").stat().st_size > 1000


@pytest.mark.long
def test_the_notebook_runs(tmp_path: Path) -> None:
    runner = Path(__file__).with_name("notebook_cells.py")
    done = python(str(runner), str(NOTEBOOK), cwd=tmp_path, timeout=400)
    assert done.returncode == 0, done.stderr
    shown = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("[")]
    kinds = [kind for _, kind, _ in shown]
    assert kinds == ["Plan", "DataFrame", "Table", "Figure", "tuple", "TrainedTrial"]
    assert "RN + Softmax" in shown[2][2]
    assert shown[3][2].startswith("<?xml")
    assert "TrainedTrial(completed, step 5" in shown[5][2]
