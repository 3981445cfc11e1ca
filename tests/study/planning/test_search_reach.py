"""What a search cannot reach is said by plan, run and table."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from in_process import incay
from simulated import spec

from incay.analysis import load, render, table
from incay.study.execution.books.ledger import study_book
from incay.study.planning.search_reach import unreached
from incay.trainables.store.books import Books
from incay.trainables.store.trials import Store

STUDY = """\
name: t
base:
  dataset: digits
  network: {name: mnist-2d, width: 0.2, dimension: 4}
  steps: 20
  reports: 2
  optimizer: {lr: 0.02}
  incay: {form: reciprocal, weight: 0.1}
search:
  all arms: {incay.weight: [0.001, 0.01, 0.1, 1, 10], optimizer.lr: [0.01, 0.02, 0.05, 0.1, 0.2]}
budget: {trials: 5, sampler: grid}
confirm: {seeds: 1}
"""
TOLD = "5 of the 25 points of the grid are tried"


def test_a_plan_says_that_a_budget_is_below_the_grid(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("study.yaml").write_text(STUDY)
    done = incay("plan", "study.yaml", "--no-probe")
    assert done.code == 0, done.err
    assert f"search of Base: {TOLD}" in " ".join(done.out.split())
    whole = incay("plan", "study.yaml", "--no-probe", "--set", "budget.trials=25")
    assert "of the grid" not in whole.out


def test_a_table_says_the_same(tmp_path: Path) -> None:
    study = spec(
        search={"all arms": {"optimizer.weight_decay": [0.0, 1e-3]}},
        unequal_ranges=True,
        budget={"trials": 1, "sampler": "grid"},
    )
    store = Store(tmp_path)
    books = Books(store, study.name, study.run)
    books.write_trials([])
    books.write_study(study_book(study))
    text = " ".join(render(table(load(store, study.name)), "markdown").split())
    assert "Search of Softmax, RN: 1 of the 2 points of the grid are tried" in text


@pytest.mark.parametrize(
    ("search", "expected"),
    [
        ({"RN": {"incay.weight": "log 1 .. 10"}}, "search of RN: the arm's own incay.weight=0.5"),
        ({"RN": {"incay.gate": ["all", "correct"]}}, "the ranges hold 2 points, so that 14 of"),
        ({"RN": {"incay.weight": "log 1e-3 .. 10"}}, None),
    ],
)
def test_what_else_a_search_does_not_reach(search, expected) -> None:
    found = unreached(spec(search=search))
    assert (not found) if expected is None else any(expected in text for text in found)


@pytest.mark.parametrize(
    ("searched", "left"),
    [
        ({}, "(lr, weight_decay)"),
        ({"optimizer.lr": "log 1e-4 .. 1e-1"}, "(weight_decay)"),
        (
            {"optimizer.lr": {"range": "log 1e-4 .. 1e-1", "when": {"optimizer.name": "sgd"}}},
            "(lr, weight_decay)",
        ),
    ],
)
def test_settings_of_a_component_that_another_one_chosen_does_not_take_are_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, searched: dict[str, object], left: str
) -> None:
    monkeypatch.chdir(tmp_path)
    ranges = {"optimizer.name": ["sgd", "adamw"], "optimizer.momentum": {
        "range": "0.8 .. 0.99", "when": {"optimizer.name": "sgd"}}} | searched  # fmt: skip
    base = {"dataset": "digits", "steps": 20, "optimizer": {"lr": 0.02, "weight_decay": 1e-3}}
    values = {"name": "t", "base": base, "search": {"all arms": ranges}, "budget": {"trials": 4}}
    Path("study.yaml").write_text(json.dumps(values))
    done = incay("plan", "study.yaml", "--no-probe")
    assert done.code == 0, done.err
    said = " ".join(done.out.replace("│", " ").split())
    assert f"where optimizer.name is adamw, the settings that are given for sgd {left}" in said
    assert "optimizer.momentum=0.8 .. 0.99 where" in said
    assert "optimizer.name=[sgd, adamw]" in said
