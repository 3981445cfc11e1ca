"""A study that looks as often as it declared: it stops by itself, killed in between or not."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

from programs import ENVIRONMENT, incay

from incay.trainables.store.books import Books
from incay.trainables.store.runs.known import run_names
from incay.trainables.store.trials import Store

STUDY = """
name: looking
base:
  dataset: digits
  network: {name: mnist-2d, width: 0.3, dimension: 4}
  optimizer.lr: 0.01
  batch_size: 32
  steps: 60
  reports: 2
  precision: fp32
arms:
  learning: {}
  not learning: {optimizer.lr: 1e-6}
  the same bits: {deterministic: true}
confirm: {looks: [3, 5], spending: pocock}
"""
LOOKS = [
    "look 1 of 2, after 3 seeds: not learning is worse; to 5 seeds go on: the same bits "
    "(and learning beside them)",
    "look 2 of 2, after 5 seeds: not learning is worse; undecided: the same bits. "
    "It was the last look",
]


def told_looks(printed: str) -> list[str]:
    return re.findall(r"look \d of \d, .*", printed)


def test_it_ends_by_itself_and_finds_the_same_after_a_kill(tmp_path: Path) -> None:
    (tmp_path / "looking.yaml").write_text(STUDY)
    run = subprocess.Popen(
        [sys.executable, "-m", "incay", "run", "looking.yaml", "--no-mirror"],
        cwd=tmp_path,
        env=ENVIRONMENT,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert run.stderr is not None
    for line in run.stderr:
        if "look 1 of 2" in line:
            break
    run.send_signal(signal.SIGKILL)
    run.communicate(timeout=500)
    again = incay("run", "looking.yaml", "--no-mirror", cwd=tmp_path)
    assert again.returncode == 0, again.stderr
    assert told_looks(again.stderr) == LOOKS
    store = Store(tmp_path / "results")
    (name,) = run_names(store, "looking")
    books = Books(store, "looking", name)
    listed = [(row.arm, row.number) for row in books.trials()]
    assert sorted(listed) == sorted(
        (arm, number)
        for arm, seeds in (("learning", 5), ("not learning", 3), ("the same bits", 5))
        for number in range(seeds)
    )
    assert [look.replicates for look in books.looks()] == [(0, 1, 2), (0, 1, 2, 3, 4)]
    assert {look.by for look in books.looks()} == {"run"}
    verdicts = {each["arm"]: each for each in compared(tmp_path)}
    assert {name: each["verdict"] for name, each in verdicts.items()} == {
        "not learning": "worse",
        "the same bits": "undecided",
    }
    assert {each["rule"] for each in verdicts.values()} == {"looks"}
    assert [verdicts["not learning"][key] for key in ("look", "n")] == [1, 3]
    more = incay("plan", "looking.yaml", "--seeds", "8", "--no-probe", cwd=tmp_path)
    assert "could be seen before this number of seeds was settled" in " ".join(more.stdout.split())


def compared(folder: Path) -> list[dict[str, Any]]:
    table = incay("table", "looking", "--output", "looking.json", cwd=folder)
    assert table.returncode == 0, table.stderr
    return list(json.loads((folder / "looking.json").read_text())["comparisons"])
