"""A run packs what it has trained, and every command goes on from packs as from single records."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import pytest
from programs import incay, python
from tiny_study import STUDY

from incay.trainables.store.trials import Store

_SMALL = """
import sys
from incay.trainables.store.packs import packing
from incay.trainables.store.runs import trial_list
packing.SIZE = trial_list.SIZE = 3
from incay.study.cli import main
main()
"""


def small(*arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    """Run the command with packs of three records."""
    return python("-c", _SMALL, *arguments, cwd=cwd)


def said(store: Store) -> dict[str, str | None]:
    """Return each trial's record without what a clock decides."""
    found = {}
    for name in store.fingerprints():
        record = store.read_record(name)
        assert record is not None
        measured = {k: v for k, v in record.metrics.items() if k != "images_per_second"}
        found[name] = json.dumps([record.status, record.config, sorted(measured.items())])
    return found


@pytest.fixture
def packed(finished: Path, tmp_path: Path) -> Path:
    """The tiny study, trained by a run that packs three records at a time."""
    (tmp_path / "tiny.yaml").write_text(STUDY)
    done = small("run", "tiny.yaml", "--no-mirror", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "8 trials started, 0 reused; 8 completed" in done.stdout
    return tmp_path


def test_a_run_packs_and_all_commands_read_it(finished: Path, packed: Path) -> None:
    assert len(list(packed.glob("results/packs/*.parquet"))) == 4
    assert len(list(packed.glob("results/trials/*/*/record.json"))) == 2
    assert len(list(packed.glob("results/studies/tiny/*/trials-*.json"))) == 2
    assert said(Store(packed / "results")) == said(Store(finished / "results"))
    for command in (
        ("status", "tiny.yaml"),
        ("table", "tiny.yaml", "--format", "csv"),
        ("plan", "tiny.yaml", "--no-probe"),
    ):
        here, there = (incay(*command, cwd=folder) for folder in (packed, finished))
        assert here.returncode == 0, here.stderr
        assert here.stdout == there.stdout
    name = next(iter(said(Store(packed / "results"))))
    for command in (
        ("why", name[:8]),
        ("report", "tiny.yaml", "--output", "report.html"),
        ("table", "tiny.yaml", "--output", "table.csv"),
        ("verify", "table.csv"),
        ("verify", "tiny.yaml", "--retrain", "1"),
        ("sync", "tiny.yaml"),
        ("sync", "tiny.yaml"),
    ):
        done = incay(*command, cwd=packed)
        assert done.returncode == 0, (command, done.stdout, done.stderr)


def test_a_run_goes_on_from_packs_and_mends_them(packed: Path) -> None:
    before = said(Store(packed / "results"))
    (one, *_) = sorted(packed.glob("results/packs/*.parquet"))
    one.write_bytes(one.read_bytes()[:-9])
    again = incay("run", "tiny.yaml", "--no-mirror", cwd=packed)
    assert again.returncode == 0, again.stderr
    assert "0 trials started, 8 reused; 8 completed" in again.stdout
    assert one.name in again.stdout + again.stderr
    assert "written anew from its twin" in again.stdout + again.stderr
    removed = packed / "results" / "trials" / (name := min(before))[:2] / name
    shutil.rmtree(removed)
    again = incay("run", "tiny.yaml", "--no-mirror", cwd=packed)
    assert again.returncode == 0, again.stderr
    assert "1 trials started, 7 reused" in again.stdout.replace("1 trial ", "1 trials ")
    assert said(Store(packed / "results")) == before
    assert (removed / "record.json").exists()
    for path in packed.glob("results/packs/*.parquet"):  # both copies of all
        path.write_bytes(b"nothing")
    shown = incay("status", "tiny.yaml", cwd=packed)
    assert "damaged" in shown.stdout
    again = incay("run", "tiny.yaml", "--no-mirror", cwd=packed)
    assert again.returncode == 0, again.stderr
    assert "are trained again" in again.stdout + again.stderr
    assert said(Store(packed / "results")) == before
