"""A plan shows steps and epochs of each arm, and what they are at most."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from incay.study.planning.data_catalog import DataCatalog
from incay.study.planning.plan_table import PlanRow, plan_arms, plan_rows, totals_told
from incay.study.planning.timing.durations import epochs_text
from incay.study.spec.reading.document import Document
from incay.study.spec.study import StudySpec, parse_study
from incay.trainables.names import nest
from incay.trainables.store.trials import Store

IMAGES = 1437
"""Training images of the digits."""


def parse(base: dict[str, Any], **values: Any) -> StudySpec:
    given = {"name": "t", "base": nest({"batch_size": 32, **base}), **values}
    return parse_study(Document("study.yaml", given))


def planned(spec: StudySpec, folder: Path) -> tuple[list[PlanRow], str]:
    plans = plan_arms(spec, DataCatalog(None), Store(folder))
    return plan_rows(plans), totals_told(spec, plans)


def test_steps_are_also_epochs_and_epochs_also_steps(tmp_path: Path) -> None:
    ((row,), total) = planned(parse({"steps": 100}), tmp_path)
    assert (row.steps, row.epochs) == ("100", f"{100 * 32 / IMAGES:.3g}")
    assert total == "5 trials, 500 steps in all"
    ((row,), _) = planned(parse({"epochs": 10}), tmp_path)
    assert (row.steps, row.epochs) == ("450", "10")


def test_each_arm_has_its_own(tmp_path: Path) -> None:
    arms = {"A": {}, "B": {"batch_size": 64}, "C": {"epochs": 200}}
    spec = parse({"epochs": 2}, arms=arms, factor=["batch_size", "steps"])
    rows, _ = planned(spec, tmp_path)
    assert [row.steps for row in rows] == ["90", "45", "8,982"]
    assert [row.epochs for row in rows] == ["2", "2", "200"]


def test_images_that_are_held_out_count_as_they_do_for_epochs(tmp_path: Path) -> None:
    search = {"all arms": {"optimizer.lr": "log 0.001 .. 0.1"}}
    spec = parse({"epochs": 10, "split.validation": 0.5}, search=search)
    assert planned(spec, tmp_path)[0][0].epochs == "10"


def test_a_searched_batch_size_has_no_one_number_of_epochs(tmp_path: Path) -> None:
    search = {"all arms": {"batch_size": [16, 32]}}
    assert planned(parse({"steps": 50}, search=search), tmp_path)[0][0].epochs == "by batch_size"


def test_arms_that_stop_early_take_at_most_so_many(tmp_path: Path) -> None:
    arms = {"Whole": {}, "Stops": {"early_stopping": {"metric": "val.error"}}}
    spec = parse({"steps": 100}, arms=arms, factor="early_stopping")
    rows, total = planned(spec, tmp_path)
    assert [row.steps for row in rows] == ["100", "at most 100"]
    assert total == "10 trials, at most 1,000 steps in all"


@pytest.mark.parametrize(
    ("epochs", "text"), [(0.01234, "0.0123"), (9.996, "10"), (25.64, "25.6"), (1234.4, "1,234")]
)
def test_epochs_are_told_to_three_digits(epochs: float, text: str) -> None:
    assert epochs_text(epochs) == text
