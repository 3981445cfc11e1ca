"""A study under a fault every few seconds gives the records of an undisturbed one.

INCAY_CHAOS_SECONDS says for how long, INCAY_CHAOS_TRIALS how many trials the study has, and
INCAY_CHAOS_SEED which faults come: an hour of 500 trials is the whole test, three minutes of 60 its
sample in `make test-all`. A study that ends before is begun anew. INCAY_CHAOS_UNDISTURBED names a
folder in which the undisturbed study is kept for the next time.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from faults import Faults
from outcomes import last_sign, listed, outcomes, recorded, said_wrongly
from programs import incay
from supervised import STUDY, SupervisedRun
from surroundings import Clock, Servers, small_disk
from tiny_study import BASE

SECONDS = float(os.environ.get("INCAY_CHAOS_SECONDS", "180"))
TRIALS = int(os.environ.get("INCAY_CHAOS_TRIALS", "60"))
SEED = int(os.environ.get("INCAY_CHAOS_SEED", "1"))
SEARCHED = TRIALS * 2 // 5
SETTINGS = (
    BASE.replace("name: tiny", f"name: {STUDY}")
    .replace("steps: 40", "steps: 120")
    .replace("reports: 4", "reports: 6")
    + "search:\n  all arms: {optimizer.lr: log 1e-3 .. 3}\n"  # of which some diverge
    f"budget: {{trials: {SEARCHED}}}\n"
    f"confirm: {{seeds: {TRIALS // 2 - SEARCHED}}}\n"
    "resources: {stall_seconds: 10}\n"
)
ENDS = {None, 0, 1, 2, 129, 130, 143, *(-number for number in (signal.SIGKILL, signal.SIGHUP))}
ENDS |= {-signal.SIGINT, -signal.SIGTERM}
"""Before the first; done; told why not; refused beside a rival; stopped; killed."""
LONGEST_SILENCE = 600.0
"""Seconds in which some trial must have been heard of, whatever was done."""
CALM_SECONDS = 3600.0
CHECKPOINTS = {"INCAY_CHECKPOINT_SECONDS": "0.3"}


@pytest.fixture(scope="module")
def expected(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """What the undisturbed study comes to."""
    kept = os.environ.get("INCAY_CHAOS_UNDISTURBED")
    folder = Path(kept) if kept else tmp_path_factory.mktemp("undisturbed")
    folder.mkdir(exist_ok=True)
    (folder / f"{STUDY}.yaml").write_text(SETTINGS)
    done = incay("run", f"{STUDY}.yaml", "--no-mirror", cwd=folder, timeout=CALM_SECONDS)
    assert done.returncode == 0, done.stderr
    found = outcomes(folder / "results")
    assert set(found) == listed(folder / "results")
    assert len(found) == TRIALS
    assert len({json.loads(outcome)[0] for outcome in found.values()}) == 2  # some diverged
    return found


@pytest.fixture
def faults(tmp_path: Path) -> Iterator[Faults]:
    """Faults for a run of the study in the test's folder."""
    (tmp_path / f"{STUDY}.yaml").write_text(SETTINGS)
    with ExitStack() as stack:
        # Short, for sockets.
        scratch = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="ch", dir="/tmp")))
        disks = [
            place
            for place, size in ((tmp_path / "results", 64 + TRIALS), (scratch, 128))
            if stack.enter_context(small_disk(place, size))
        ]
        clock, servers = Clock(tmp_path), Servers()
        stack.callback(servers.end)
        run = SupervisedRun(tmp_path, scratch, **CHECKPOINTS, **clock.variables)
        stack.callback(run.kill)
        yield Faults(run, servers, clock, disks, SEED)


@pytest.mark.long
@pytest.mark.timeout(SECONDS + 2 * CALM_SECONDS)
def test_chaos(tmp_path: Path, expected: dict[str, str], faults: Faults) -> None:
    try:
        _disturb(tmp_path, expected, faults)
    finally:
        print(faults.log)
        print(faults.done)
        print(faults.run.output[-10_000:])


def _disturb(folder: Path, expected: dict[str, str], faults: Faults) -> None:
    run, results = faults.run, folder / "results"
    until = time.monotonic() + SECONDS
    once: dict[Path, str] = {}
    sign, heard, training = 0, time.monotonic(), False
    while time.monotonic() < until:
        if run.driver is None:
            faults.note(f"the driver has ended: {run.code}; {len(once)} of {TRIALS} recorded")
            assert run.code in ENDS
            if run.code == 0:
                _complete(folder, expected, once, faults)
                _begin_anew(results)
                once = {}
                faults.altered.clear()
            training = False
            faults.begin()
        faults.pause()
        faults.strike(training=training)
        once = _recorded_once(results, once, faults)
        if last_sign(results) != sign:
            sign, heard, training = last_sign(results), time.monotonic(), True
        assert time.monotonic() - heard < LONGEST_SILENCE, "no trial goes on"
    _complete(folder, expected, once, faults)


def _complete(
    folder: Path, expected: dict[str, str], once: dict[Path, str], faults: Faults
) -> None:
    """Run the study to its end undisturbed, and look at all that is left."""
    faults.calm()
    run, results = faults.run, folder / "results"
    variables = {**run.variables, **faults.servers.variables}
    for command in (("run", f"{STUDY}.yaml"), ("verify", STUDY, "--retrain", "2")):
        done = incay(*command, cwd=folder, timeout=CALM_SECONDS, **variables)
        faults.note(f"calm {command[0]}: {done.returncode}\n{done.stdout[-1500:]}{done.stderr}")
        assert done.returncode == 0
        assert not said_wrongly(done.stdout + done.stderr)
        assert "not up to date" not in done.stderr
    assert len(_recorded_once(results, once, faults)) == TRIALS
    found = outcomes(results)
    assert listed(results) == set(expected)
    assert set(found) == set(expected)
    assert {name: found[name] for name in found if found[name] != expected[name]} == {}
    assert not said_wrongly(run.output)
    assert not run.members()
    assert not [path.name for path in run.scratch.glob("incay-*")]
    _check_mlflow(faults.servers.address)


def _recorded_once(results: Path, before: dict[Path, str], faults: Faults) -> dict[Path, str]:
    """Return when each trial was recorded; none may have been so again, unless it was damaged."""
    now = recorded(results)
    again = [path for path, time in before.items() if now.get(path) != time]
    assert not set(again) - faults.altered
    return now


def _check_mlflow(address: str) -> None:
    import mlflow

    client = mlflow.MlflowClient(address)
    experiment = client.get_experiment_by_name(STUDY)
    assert experiment is not None
    runs = client.search_runs([experiment.experiment_id], max_results=10_000)
    keys = Counter(run.data.tags["incay.key"] for run in runs)
    assert set(keys.values()) == {1}
    assert len(keys) == 1 + 2 + TRIALS


def _begin_anew(results: Path) -> None:
    for each in results.iterdir():
        shutil.rmtree(each) if each.is_dir() else each.unlink()
