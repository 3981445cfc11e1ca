"""Settings in records and books that readers compute with: of another type they are damage."""

from __future__ import annotations

from typing import Any

import pytest

from incay.study.errors import UserError
from incay.trainables.config import TrialConfig
from incay.trainables.names import nest
from incay.trainables.store.reading.damage import RecordError
from incay.trainables.store.reading.values import require_config, require_params
from incay.trainables.store.reading.written import kept_models, study_book, trial_rows


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *(("network.name", []), ("dataset.name", 3), ("incay.form", {}), ("loss.name", 1.0)),
        *(("steps", "many"), ("batch_size", 1.5), ("seed", [])),
        *(("incay.weight", {}), ("incay.weight", float("nan")), ("optimizer.lr", "fast")),
    ],
)
def test_another_type_is_damage(name: str, value: Any) -> None:
    with pytest.raises(RecordError, match=f"r.json must be complete, .* in {name}"):
        require_config(nest({name: value}), "r.json")
    with pytest.raises(RecordError, match=name):
        require_params({name: value}, "r.json")
    arms = [
        {"name": "A", "config": nest({name: value})},
        {"name": "B", "difference": {name: value}},
    ]
    for arm in arms:
        book = {"name": "s", "run": "r", "baseline": arm["name"], "arms": [arm]}
        with pytest.raises(RecordError, match=name):
            study_book(book, "study.json")
    row = {"arm": "A", "phase": "search", "number": 0, "fingerprint": "0" * 20}
    with pytest.raises(RecordError, match=name):
        trial_rows({"trials": [{**row, "params": {name: value}}]}, "trials.json")


def test_what_is_written_is_none() -> None:
    require_config(TrialConfig().to_dict(), "r.json")
    require_config({}, "r.json")
    require_params({"incay.weight": 1, "loss.margin": None, "mine.kind": "a", "x": True}, "r.json")


def test_a_search_has_a_budget() -> None:
    arm = {"name": "A", "search": {"optimizer.lr": "log 1e-3 .. 1e-1"}}
    book = {"name": "s", "run": "r", "baseline": "A", "arms": [arm]}
    with pytest.raises(RecordError, match="a budget of what is searched must hold"):
        study_book(book, "study.json")


@pytest.mark.parametrize("repetitions", [0, 101, 10**12])
def test_a_search_is_not_repeated_without_end(repetitions: int) -> None:
    book = {"name": "s", "run": "r", "baseline": "A", "arms": [{"name": "A"}]}
    assert study_book({**book, "repetitions": 100}, "study.json").repetitions == 100
    with pytest.raises(RecordError, match="repetitions from 1 to 100 must hold"):
        study_book({**book, "repetitions": repetitions}, "study.json")


@pytest.mark.parametrize("name", ["\0", "../../x", "", "0" * 19])
def test_kept_networks_are_of_trials(name: str) -> None:
    assert set(kept_models({"0" * 20: 3.5}, "models.json")) == {"0" * 20}
    with pytest.raises(RecordError, match="fingerprints of 20 digits"):
        kept_models({"0" * 20: 3.5, name: 3.5}, "models.json")


@pytest.mark.parametrize("name", ["number", "replicate", "repetition"])
def test_trials_have_numbers_that_tables_hold(name: str) -> None:
    row = {"arm": "A", "phase": "search", "number": 0, "fingerprint": "0" * 20}
    for number in (-1, 2**31, 10**25):
        with pytest.raises(RecordError, match=name):
            trial_rows({"trials": [{**row, name: number}]}, "trials.json")


@pytest.mark.parametrize(
    ("name", "value"),
    [("optimizer.lr", {}), ("network", "x"), ("loss.name", []), ("split", 3), ("steps", "x")],
)
def test_settings_that_fit_no_trial_are_told(name: str, value: Any) -> None:
    values = {**TrialConfig().to_dict()}
    with pytest.raises(UserError, match="must be those of a trial"):
        TrialConfig.from_dict({**values, **nest({name: value})})


def test_names_that_do_not_fit_together_end_nothing() -> None:
    assert nest({"a": "text", "a.b": 1}) == {"a": {"b": 1}}
