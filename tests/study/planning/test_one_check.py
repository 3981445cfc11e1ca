"""``plan``, ``run`` and ``submit`` refuse the same things in the same words, at once."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from in_process import Done, incay

from incay.study import hardware
from incay.study.planning.checks import readiness

STUDY = """\
name: refused
base:
  dataset: digits
  network: {name: mnist-2d, width: 0.1, dimension: 2}
  optimizer: {lr: 0.02}
  steps: 6
  reports: 3
  batch_size: 32
  precision: fp32
arms:
  A: {}
  B: {incay: {form: reciprocal, weight: 0.1}}
confirm: {seeds: 2}
"""
BUDGET = "search: {all arms: {optimizer.weight_decay: log 1e-5 .. 1e-2}}\nbudget: {trials: %d}\n"
GRID = f"{{batch_size: {[*range(8, 508)]}, steps: {[*range(500)]}, reports: {[*range(500)]}}}"
SEARCH_GRID = (
    "search: {all arms: {incay.start_step: 1 .. 5, augment.crop_padding: [1, 2, 3], "
    "batch_size: 2 .. 1001, network.dimension: 1 .. 10000}}\nbudget: {sampler: grid}\n"
)
COMMANDS = (
    ["plan", "study.yaml"],
    ["plan", "study.yaml", "--no-probe"],
    ["run", "study.yaml", "--no-mirror"],
    ["submit", "study.yaml", "--address", "http://127.0.0.1:9"],
)
EVERYWHERE = [
    ("batch_size: 32", "batch_size: 1438", "study.yaml:8: ", "at most the 1,437 training images"),
    ("reports: 3", "reports: 7", "study.yaml:7: ", "reports must be at most steps=6, but is 7"),
    ("seeds: 2", "seeds: 100000000", "study.yaml:13: ", "100,000,000 seeds of 2 arms"),
    ("confirm:", BUDGET % 10**9 + "confirm:", "study.yaml:14: ", "1,000,000,000 search trials"),
    ("seeds: 2", "seeds: 200000", ":13: ", "400,000 (limits.trials: 400000 allows it)"),
    ("seeds: 2", f"seeds: {[*range(5000)] * 2}", ":13: ", "at most 10,000 keys and values"),
    ("steps: 6", "steps: 1e18", "study.yaml:6: ", "steps <= 10^9 must hold"),
    ("steps: 6", "steps: 1e300", "study.yaml:6: ", "a whole number below 2^63"),
    ("steps: 6", "epochs: 1e300", "study.yaml:6: ", "epochs must be at most 22,268,615"),
    ("steps: 6", "augment: {crop_padding: 1e9}", ":6: ", "0 <= crop_padding <= 16 must hold"),
    ("dimension: 2", "dimension: 1e9", "study.yaml:4: ", "at most 10^9 weights"),
    ("dimension: 2", "dimension: 1e18", "study.yaml:4: ", "at most 10^9 weights"),
    ("name: refused", f"name: {'x' * 300_000}", "yaml:1: ", "has 300,000"),
    ("A: {}", f"? {'x' * 300_000}\n  : {{}}", "study.yaml:11: ", "has 300,000"),
    ("A: {}", f"A: {{grid: {GRID}}}", "study.yaml:11: ", "this grid alone has 125,000,000"),
    ("A: {}", f"A: {{grid: {{batch_size: {[*range(8, 2008)]}}}}}", ":11: ", "arms: 2001 allows"),
    ("confirm:", SEARCH_GRID + "confirm:", "study.yaml:14: ", "are 150,000,000"),
    ("confirm:", BUDGET % 10**12 + "confirm:", ":14: ", "1,000,000,000,000 search trials"),
    ("confirm:", "budget: {trials: 1e12}\nconfirm:", ":13: ", "may take 1,000,000,000,000"),
    ("confirm:", "resources: {gpu: 2}\nconfirm:", "study.yaml:13: ", "trained on one GPU"),
    ("confirm:", "resources: {gpu: .nan}\nconfirm:", "study.yaml:13: ", "trained on one GPU"),
    ("confirm:", "resources: {cpu: 1.5}\nconfirm:", "study.yaml:13: ", "a whole number of CPUs"),
    ("confirm:", "resources: {cpu: 1e-9}\nconfirm:", "study.yaml:13: ", "a whole number of CPUs"),
    ("confirm:", "resources: {cpu: .inf}\nconfirm:", "study.yaml:13: ", "a whole number of CPUs"),
    ("confirm:", "resources: {stall_seconds: 1e300}\nconfirm:", ":13: ", "at most 10000000"),
]
BY_OPTION = [
    (["--set", "batch_size=1438"], "--set batch_size=1438: base.batch_size: "),
    (["--set", "steps=2"], "study.yaml:7: base.reports: reports must be at most steps=2"),
    (["--seeds", "100000000"], "--seeds 100000000: confirm.seeds: "),
    (["--set", "steps=1"] * 201, "--set must be given at most 200 times, but is 201 times"),
    (["--set", f"steps={'1' * 100_000}"], "at most 10,000 characters, but has 100,006"),
    (["--set", f"a.{'b.' * 30}c=1"], "a path must have at most 20 parts"),
    (["--set", "optimizer.foo=1"], "incay: --set optimizer.foo=1: base.optimizer.foo: a key must"),
    (["--set", "resources.gpu=2"], "--set resources.gpu=2: resources.gpu: must be 0, 1 or a"),
]
SEARCH = ["--set", "search.all arms.optimizer.weight_decay=log 1e-5 .. 1e-2"]
BY_OPTION += [
    ([*SEARCH, "--set", "split.validation=1e-9"], "which holds out 0 of the 1,437 of 'digits'"),
    (
        ["--set", "search.all arms.network.name=[mnist-2d, mnist]", "--set", "batch_size=1"],
        "batch_size must be 2 or more for network 'mnist'",
    ),
]
HERE = [
    (["--cpus", "9999"], "--cpus 9999: must be at most the"),
    (["--cpus", "1.5"], "--cpus 1.5: must be a whole number"),
    (["--gpus", "4"], "--gpus 4: must be at most the 0 GPUs that this machine has"),
    (["--set", "resources.gpu=1"], "resources.gpu must be at most what there is, but a trial"),
    (["--set", "resources.gpu=1", "--gpus", "1"], "--gpus 1: must be at most the 0 GPUs"),
    (["--set", "resources.cpu=512"], "a trial wants 512 of"),
    (["--set", "resources.cpu=2", "--cpus", "1"], "a trial wants 2 of 1"),
]


@pytest.fixture(autouse=True)
def _folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("RAY_ADDRESS", raising=False)
    for module in (hardware, readiness):
        monkeypatch.setattr(module, "gpu_count", lambda: 0)


@pytest.fixture(autouse=True, scope="module")
def _imported() -> None:
    incay("plan", "quickstart", "--no-probe")


def refused(command: list[str], options: list[str], text: str = STUDY) -> Done:
    Path("study.yaml").write_text(text)
    begun = time.monotonic()
    done = incay(*command, *options)
    assert time.monotonic() - begun < 5.0  # a second, and room for a busy machine
    assert done.code == 2, done.err
    assert not done.out
    assert done.err.count("\n") == 1
    assert not Path("results").exists()
    return done


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
@pytest.mark.parametrize(("old", "new", "place", "expected"), EVERYWHERE)
def test_what_a_study_file_must_not_ask_for(old, new, place, expected, command):
    done = refused(command, [], STUDY.replace(old, new))
    assert place in done.err
    assert expected in done.err


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
@pytest.mark.parametrize(("options", "expected"), BY_OPTION)
def test_what_an_option_must_not_ask_for(options, expected, command):
    assert expected in refused(command, options).err


@pytest.mark.parametrize("command", COMMANDS[:3], ids=" ".join)
@pytest.mark.parametrize(("options", "expected"), HERE)
def test_what_this_machine_does_not_have(options, expected, command):
    assert expected in refused(command, options).err


@pytest.mark.parametrize("command", COMMANDS[:3], ids=" ".join)
def test_options_of_this_machine_are_none_of_a_cluster_s(command, monkeypatch):
    monkeypatch.setattr("incay.study.planning.checks.ray_address.require_cluster", lambda _: None)
    monkeypatch.setenv("RAY_ADDRESS", "192.0.2.1:6379")
    Path("study.yaml").write_text(STUDY)
    done = incay(*command, "--cpus", "1")
    assert done.code == 2
    assert "--cpus 1: must be left out where RAY_ADDRESS names a cluster" in done.err


def test_fewer_steps_than_the_default_reports_need_no_word():
    Path("study.yaml").write_text(STUDY.replace("  reports: 3\n", ""))
    assert incay("plan", "study.yaml", "--no-probe").code == 0


def test_as_many_seeds_as_a_study_may_have_are_planned_without_deriving_all_for_each():
    from incay.study.spec.catalog import find_study
    from incay.study.spec.study import parse_study

    Path("study.yaml").write_text(STUDY.replace("seeds: 2", "seeds: 20000"))
    spec = parse_study(find_study("study.yaml"))
    assert spec.replicates == 20_000
    begun = time.monotonic()
    assert len({spec.confirm_seeds[replicate] for replicate in range(20_000)}) == 20_000
    assert time.monotonic() - begun < 5.0
