"""Commands that train nothing answer quickly: they load no library that takes seconds."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from programs import python

from incay import analysis
from incay.analysis.output.keys import keys_of
from incay.trainables.store.packs import packing
from incay.trainables.store.trials import Store

TRAINING = {"torch", "ray", "mlflow", "optuna"}
NUMBERS = {"pandas", "scipy", "sklearn"}
LOADED = """
import sys
sys.argv = ["incay", *sys.argv[1:]]
from incay.study.cli import main
try:
    main()
except SystemExit as ended:
    assert not ended.code, ended.code
print("loaded:", *{name.partition(".")[0] for name in sys.modules})
"""


@pytest.mark.parametrize(
    ("command", "heavy"),
    [
        ("--help", TRAINING | NUMBERS | {"pyarrow", "numpy"}),
        ("studies", TRAINING | NUMBERS),
        ("methods", TRAINING | NUMBERS),
        ("recipes cifar-adamw", TRAINING | NUMBERS),
        ("status tiny.yaml", TRAINING | NUMBERS),
        ("why FINGERPRINT", TRAINING | NUMBERS),
        ("table tiny.yaml", TRAINING),
        ("trace KEY", TRAINING),
        ("plan tiny.yaml --no-probe", TRAINING | NUMBERS),
        ("plan quickstart --no-probe", TRAINING | NUMBERS),
        ("data", TRAINING | NUMBERS),
    ],
)
def test_nothing_heavy_is_loaded(command: str, heavy: set[str], finished: Path) -> None:
    record = next(finished.glob("results/trials/*/*/record.json"))
    table = keys_of(analysis.table(analysis.load(finished / "results", "tiny")))
    arguments = command.replace("FINGERPRINT", record.parent.name).split()
    arguments = [table.cells[0, "error"] if each == "KEY" else each for each in arguments]
    assert not _loaded(arguments, finished) & heavy


@pytest.mark.parametrize("command", ["status tiny.yaml", "why", "plan tiny.yaml --no-probe"])
def test_nothing_heavy_is_loaded_to_read_packed_records(
    command: str, finished: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    copy = shutil.copytree(finished, tmp_path / "copy")
    store = Store(copy / "results")
    fingerprints = [each.parent.name for each in copy.glob("results/trials/*/*/record.json")]
    monkeypatch.setattr(packing, "SIZE", 4)
    assert store.pack(fingerprints) == len(fingerprints) == 8
    arguments = command.split() + (fingerprints[:1] if command == "why" else [])
    assert not _loaded(arguments, copy) & (TRAINING | NUMBERS)


def _loaded(arguments: list[str], folder: Path) -> set[str]:
    """Return the packages that a command has loaded at its end."""
    done = python("-c", LOADED, *arguments, cwd=folder)
    assert done.returncode == 0, done.stderr
    return set(done.stdout.rpartition("loaded:")[2].split())


def test_a_driver_loads_no_tensors_and_no_statistics(tmp_path: Path) -> None:
    modules = (
        "incay.study.execution.runner",
        "incay.study.execution.on_ray.searcher",
        "incay.trainables.worker.trainable",
        "incay.study.commands.shared.summary",
        "incay.study.mirrors.follower",
    )
    done = python("-c", f"import sys, {', '.join(modules)}; print(*sys.modules)", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    loaded = set(done.stdout.split())
    assert "ray" in loaded
    assert not loaded & {"torch", "scipy", "sklearn", "mlflow"}


def test_a_run_loads_them_neither_while_it_trains(finished: Path, tmp_path: Path) -> None:
    """Ray by itself imports MLflow before the first trial, to count those that log to it."""
    shutil.copy(finished / "tiny.yaml", tmp_path)
    loaded = _loaded(["run", "tiny.yaml", "--no-mirror"], tmp_path)
    assert "ray" in loaded
    assert not loaded & {"torch", "scipy", "sklearn", "mlflow", "matplotlib"}
