"""A study under a fault every few seconds gives the records of an undisturbed one.

INCAY_CHAOS_SECONDS says for how long (an hour), INCAY_CHAOS_TRIALS how many trials the study has
(500), INCAY_CHAOS_SEED which faults come. A study that ends before is begun anew. What is done, and
when, stands in `chaos.log`, and what drivers said in `output.log`, both in the test's folder.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import tempfile
import time
from pathlib import Path

import pytest
from chaos import Chaos, said_wrongly
from programs import incay
from tiny_study import BASE

SECONDS = float(os.environ.get("INCAY_CHAOS_SECONDS", "3600"))
TRIALS = int(os.environ.get("INCAY_CHAOS_TRIALS", "500"))
SEED = int(os.environ.get("INCAY_CHAOS_SEED", "1"))
CONFIRMED = max(2, TRIALS // 20)
STUDY = BASE.replace("name: tiny", "name: chaos") + (
    "search:\n  all arms: {optimizer.weight_decay: log 1e-5 .. 1e-2}\n"
    f"budget: {{trials: {TRIALS // 2 - CONFIRMED}}}\n"
    f"confirm: {{seeds: {CONFIRMED}}}\n"
    "resources: {stall_seconds: 10}\n"
)
ENDS = {0, 1, 129, 130, 143, -1, -2, -9, -15}
"""Done; told why not; stopped; killed."""
_CALM_RUNS = 3
"""Of which the last must complete: a trial whose workers were killed thrice is tried once more."""


@pytest.fixture
def results_on_a_small_disk(tmp_path: Path):
    """Mount a file system of its own for the results, where that is allowed: it can fill."""
    place = tmp_path / "results"
    place.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={32 + TRIALS // 4}m,mode=755", "tmpfs", str(place)],
        check=False,
        capture_output=True,
    )
    yield place
    if mounted.returncode == 0:
        subprocess.run(["umount", "--lazy", str(place)], check=False)


def records(folder: Path) -> dict[str, object]:
    """Return what must be the same of each completed trial: all that no clock decides."""
    found = {}
    for path in folder.glob("results/trials/*/*/record.json"):
        record = json.loads(path.read_text())
        assert record["status"] == "completed", path
        metrics = {k: v for k, v in record["metrics"].items() if k != "images_per_second"}
        tables = {k: v for k, v in record["files"].items() if not k.startswith("history")}
        found[record["fingerprint"]] = (record["step"], metrics, tables)
    return found


def completed(folder: Path) -> dict[Path, str]:
    """Return the time at which each completed trial was recorded."""
    found = {}
    for path in folder.glob("results/trials/*/*/record.json"):
        record = json.loads(path.read_text())
        if record["status"] == "completed":
            found[path] = record["provenance"]["finished"]
    return found


@pytest.mark.long
@pytest.mark.timeout(SECONDS + 3600)
def test_chaos(tmp_path: Path, results_on_a_small_disk: Path) -> None:
    calm = tmp_path / "calm"
    calm.mkdir()
    for folder in (calm, tmp_path):
        (folder / "chaos.yaml").write_text(STUDY)
    done = incay("run", "chaos.yaml", "--no-mirror", cwd=calm, timeout=3600)
    assert done.returncode == 0, done.stderr
    expected = records(calm)

    with tempfile.TemporaryDirectory(prefix="ch", dir="/tmp") as scratch:  # short, for sockets
        chaos = Chaos(tmp_path, SEED, TMPDIR=scratch)
        until, once, rounds = time.monotonic() + SECONDS, {}, 0
        try:
            while time.monotonic() < until:
                if chaos.code() == 0:
                    assert records(tmp_path) == expected
                    _begin_anew(results_on_a_small_disk)
                    once, rounds = {}, rounds + 1
                if not chaos.running:
                    assert chaos.code() in {None, *ENDS}, chaos.output[-3000:]
                    chaos.start(*([] if len(chaos.done) % 3 == 2 else ["--no-mirror"]))
                chaos.pause(2.0, 12.0)
                chaos.fault()
                now = completed(tmp_path)
                assert {path: now.get(path) for path in once} == once
                once = now
        finally:
            chaos.calm()
        for _ in range(_CALM_RUNS):
            last = incay("run", "chaos.yaml", cwd=tmp_path, timeout=3600, TMPDIR=scratch)
            chaos.note(f"calm: {last.returncode}")
            if last.returncode == 0:
                break
        assert last.returncode == 0, last.stdout + last.stderr
        assert not list(Path(scratch).glob("incay-run-*"))
    now = completed(tmp_path)
    assert {path: now.get(path) for path in once} == once
    assert records(tmp_path) == expected
    assert not said_wrongly(chaos.output)
    chaos.note(f"{rounds} studies ended under faults, and one after them: {chaos.done}")
    print((tmp_path / "chaos.log").read_text())


def _begin_anew(results: Path) -> None:
    for each in results.iterdir():
        shutil.rmtree(each) if each.is_dir() else each.unlink()
