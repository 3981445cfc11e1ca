"""A study whose network begins with weights from a file below the data root."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch
from programs import incay
from torchvision import models

STUDY = """\
name: pretrained
base:
  network: {name: torchvision, model: shufflenet_v2_x0_5, pretrained: w.pth}
  optimizer: {lr: 0.001}
  steps: 2
  batch_size: 16
  reports: 1
arms:
  Softmax: {}
confirm: {seeds: 1}
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "data").mkdir()
    (tmp_path / "own.yaml").write_text(STUDY)
    return tmp_path


def write_weights(folder: Path, model: str, seed: int = 0) -> None:
    torch.manual_seed(seed)
    state = models.get_model(model, weights=None).state_dict()
    torch.save(state, folder / "data" / "w.pth")


def records(folder: Path) -> list[dict[str, object]]:
    return [json.loads(path.read_text()) for path in folder.glob("results/trials/*/*/record.json")]


@pytest.mark.parametrize(
    ("model", "changes", "message"),
    [
        ("", (), "pretrained must be a file of weights in"),
        ("shufflenet_v2_x1_0", (), "size mismatch for"),
        ("shufflenet_v2_x0_5", ("network.model=shufflenet_v2_x05",), "'shufflenet_v2_x0_5'?)"),
        ("shufflenet_v2_x0_5", ("network.pretrained=/etc/w.pth",), "below the data root"),
    ],
)
def test_what_does_not_fit_is_told_before_anything_starts(
    model: str, changes: tuple[str, ...], message: str, folder: Path
) -> None:
    if model:
        write_weights(folder, model)
    options = [part for change in changes for part in ("--set", change)]
    done = incay("plan", "own.yaml", "--no-probe", "--data-root", "data", *options, cwd=folder)
    assert done.returncode == 2, done.stdout
    assert message in " ".join(done.stderr.split())
    assert "Traceback" not in done.stderr


@pytest.mark.long
def test_workers_find_the_file_and_its_content_is_part_of_the_trial(folder: Path) -> None:
    run = ("run", "own.yaml", "--no-mirror", "--data-root", "data")
    write_weights(folder, "shufflenet_v2_x0_5")
    for expected in (1, 1):  # the second run trains nothing
        done = incay(*run, cwd=folder)
        assert done.returncode == 0, done.stderr
        assert [each["status"] for each in records(folder)] == ["completed"] * expected
    write_weights(folder, "shufflenet_v2_x0_5", seed=1)
    done = incay(*run, cwd=folder)
    assert done.returncode == 0, done.stderr
    assert [each["status"] for each in records(folder)] == ["completed"] * 2
