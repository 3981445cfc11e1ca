"""``incay plan`` refuses what ``incay run`` would refuse; what it and ``incay status`` show."""

from __future__ import annotations

from pathlib import Path

import pytest
from in_process import Done, incay

from incay.study.execution.books.ledger import Ledger
from incay.study.spec.catalog import find_study
from incay.study.spec.study import parse_study
from incay.trainables.store.trials import Store
from tests.trainables.data.data_cases import pixels, write_idx, write_parquet

STUDY = """\
name: shared
base:
  dataset: digits
  network: {name: mnist-2d, width: 0.5}
  optimizer: {lr: 0.01}
  steps: 40
  batch_size: 32
  precision: fp32
arms:
  Softmax: {}
  L-Softmax:
    loss: {name: l-softmax, margin: 2}
confirm: {seeds: 2}
factor: [loss, batch_size]
"""


@pytest.fixture
def plan(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tmp_path)

    def planned(text: str, *options: str) -> Done:
        Path("study.yaml").write_text(text)
        return incay("plan", "study.yaml", *options)

    return planned


def test_room_is_what_the_options_leave(plan):
    done = plan(STUDY + "resources: {cpu: 2}\n", "--no-probe", "--cpus", "1")
    assert done.code == 2
    assert "wants 2 of 1" in done.err


@pytest.mark.parametrize(
    ("old", "new", "line", "expected"),
    [
        ("size: 32", "size: 1438", 7, "at most the 1,437 training images of 'digits', but is 1438"),
        ("margin: 2}", "margin: 2}\n    batch_size: 2000", 13, "is 2000 (arm 'L-Softmax')"),
        (
            "confirm:",
            "search:\n  all arms:\n    batch_size: [32, 1400]\nconfirm:",
            15,
            "the 1,293 training images of 'digits' that a search leaves to train on, but is 1400",
        ),
    ],
)
def test_a_batch_larger_than_the_training_set(old, new, line, expected, plan):
    done = plan(STUDY.replace(old, new))
    assert done.code == 2
    assert f"study.yaml:{line}: " in done.err
    assert "batch_size must be at most" in done.err
    assert expected in done.err
    assert not done.out


def test_a_batch_as_large_as_the_training_set_is_good(plan):
    assert plan(STUDY.replace("size: 32", "size: 1437"), "--no-probe").code == 0


def test_a_trial_that_cannot_train_is_one_message(plan):
    text = STUDY.replace("mnist-2d, width: 0.5", "mnist, width: 0.05")
    done = plan(text.replace("batch_size: 32", "batch_size: 1"))
    assert done.code == 2
    assert done.err.count("\n") == 1
    assert "batch_size must be 2 or more for network 'mnist'" in done.err


@pytest.mark.parametrize("command", ["plan", "run"])
@pytest.mark.parametrize(
    ("old", "new", "line", "expected"),
    [
        ("batch_size: 32", "batch_size: 1", 7, "batch_size must be 2 or more for network 'mnist'"),
        (
            "confirm:",
            "search:\n  all arms:\n    batch_size: [1, 32]\nbudget: {trials: 2}\nconfirm:",
            15,
            "Expected more than 1 value per channel when training",
        ),
    ],
)
def test_a_batch_of_one_image_and_batch_normalisation(command, old, new, line, expected, plan):
    text = STUDY.replace("name: mnist-2d, width: 0.5", "name: mnist, width: 0.05")
    plan(text.replace(old, new), "--no-probe")
    done = incay(command, "study.yaml")
    assert done.code == 2
    assert f"study.yaml:{line}: " in done.err
    assert expected in done.err
    assert "Traceback" not in done.err


def test_a_batch_of_one_image_without_batch_normalisation(plan):
    text = STUDY.replace("size: 32", "size: 1").replace("steps: 40", "steps: 2")
    assert plan(text).code == 0


def test_images_too_small_for_a_network(plan, tmp_path):
    for split, seed in (("train", 0), ("test", 1)):
        write_parquet(tmp_path / "parquet" / f"{split}.parquet", pixels(seed, 64, (4, 4)))
    plan(STUDY.replace("dataset: digits", "dataset: {name: parquet, grey: true}"), "--no-probe")
    done = incay("plan", "study.yaml", "--data-root", str(tmp_path))
    assert done.code == 2
    assert "study.yaml:4: base.network: network must be one that can train on" in done.err
    assert "3 classes, images of 1×4×4), but: " in done.err


def test_one_class_is_nothing_to_tell_apart(plan, tmp_path):
    for split, seed in (("train", 0), ("test", 1)):
        path = tmp_path / "parquet" / f"{split}.parquet"
        write_parquet(path, pixels(seed, 64, (28, 28)), [0] * 64)
    plan(STUDY.replace("dataset: digits", "dataset: {name: parquet, grey: true}"), "--no-probe")
    done = incay("plan", "study.yaml", "--data-root", str(tmp_path))
    assert done.code == 2
    assert "study.yaml:3: base.dataset: there must be two classes or more" in done.err


@pytest.mark.parametrize("command", ["plan", "run"])
def test_a_missing_data_set_names_the_line_that_wants_it(command, plan, tmp_path):
    write_idx(tmp_path / "mnist" / "raw")
    text = STUDY.replace("dataset: digits", "dataset: mnist").replace(
        "  Softmax: {}", "  Softmax: {dataset: fashion_mnist}"
    )
    text = text.replace("factor: [loss, batch_size]", "")
    plan(text)
    done = incay(command, "study.yaml", "--data-root", str(tmp_path))
    assert done.code == 2
    assert done.err.startswith("incay: study.yaml:10: arms.Softmax.dataset: ")
    plan(STUDY.replace("dataset: digits", "dataset: mnist"))
    done = incay(command, "study.yaml")
    assert done.code == 2
    assert "study.yaml:3: base.dataset: data set 'mnist' needs a data root" in done.err
    assert not (tmp_path / "results").exists()


def test_what_all_arms_share_stands_under_the_table(plan):
    done = plan(STUDY, "--no-probe")
    assert done.code == 0, done.err
    shown = " ".join(done.out.partition("all arms:")[2].split())
    assert shown.startswith(
        "dataset=digits, network=mnist-2d, network.width=0.5, optimizer.lr=0.01, steps=40, "
        "batch_size=32"
    )
    assert "loss" not in shown.partition(" trials")[0]
    searched = plan(STUDY + "search: {all arms: {optimizer.lr: log 1e-3 .. 1e-1}}\n", "--no-probe")
    assert "optimizer.lr=0.01" not in searched.out.partition("all arms:")[2]


def test_names_of_arms_are_shown_as_they_are_written(plan):
    text = STUDY.replace("  L-Softmax:", "  'RN [all] :star:':")
    done = plan(text, "--no-probe")
    assert done.code == 0, done.err
    assert "RN [all] :star:" in done.out
    Ledger(Store("results"), parse_study(find_study("study.yaml"))).open()
    status = incay("status", "study.yaml")
    assert status.code == 0, status.err
    assert "RN [all] :star:" in status.out
    assert " confirm " in status.out
