"""Every measure keeps its contract, and a user's that does not is told what it lacks."""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path

import pytest

from incay.testing import check_measure
from incay.trainables.measures import measures
from incay.trainables.measures.computing import computed
from incay.trainables.metrics import Quantity, quantity_of
from incay.trainables.uses import OwnCodeError, gather, install, withdraw
from incay.trainables.worker.measuring.own import own_measures
from tests.trainables.measures.answers import answers

MINE = '''
from incay.components import Measure, Records, register_measure

@register_measure("mine")
class Mine(Measure):
    """Mean norm."""

    title = "mine"
    needs = ("norm",)

    @staticmethod
    def compute(records):
        return float(records.norm.mean())
'''


@pytest.fixture(autouse=True)
def _withdrawn() -> Iterator[None]:
    yield
    withdraw()


@pytest.mark.parametrize("name", sorted(measures))
def test_a_measure_keeps_its_contract(name: str) -> None:
    check_measure(measures[name])
    assert measures[name].citation


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ('needs = ("norm",)', "", "must say by needs"),
        ('needs = ("norm",)', 'needs = ("nrm",)', "needs 'nrm'"),
        ('needs = ("norm",)', 'needs = ("rank",)\n    better = "up"', "better = 'less'"),
        ('title = "mine"', "", "must have a title"),
        ('"mine")', '"Mine?")', "small letters"),
        ("records.norm.mean()", "records.rank.mean()", "computed of what it needs"),
        ("float(records.norm.mean())", "'long'", "must be a number"),
        ("float(records.norm.mean())", "float('inf')", "must be a finite number"),
        ("float(records.norm.mean())", "records.norm.fill(0.0)", "read-only"),
        ('"mine")', '"error")', "a name of its own"),
        ('"mine")', '"accuracy")', "a name of its own"),
        ('"mine")', '"cross_entropy")', "a name of its own"),
        ('"mine")', '"test.mine")', "a name of its own"),
        ('title = "mine"', 'title = "mine"\n    unit = None', "a text as unit"),
        ('title = "mine"', 'title = "mine"\n    decimals = -3', "decimals from 0 to 12"),
        ('title = "mine"', 'title = "mine"\n    decimals = "two"', "decimals from 0 to 12"),
    ],
)
def test_what_a_measure_lacks_is_told_before_anything_trains(
    tmp_path: Path, old: str, new: str, told: str
) -> None:
    assert old in MINE
    (tmp_path / "mine.py").write_text(MINE.replace(old, new))
    with pytest.raises(OwnCodeError, match=told):
        install(gather(["mine.py"], tmp_path))


def test_one_that_raises_later_costs_its_own_number_alone(tmp_path: Path) -> None:
    raising = "float(records.norm.mean()) if len(records.norm) < 30 else int('no number')"
    (tmp_path / "mine.py").write_text(MINE.replace("float(records.norm.mean())", raising))
    install(gather(["mine.py"], tmp_path))
    found = computed(answers(0).records())
    assert math.isnan(found.values["mine"])
    assert "ValueError: invalid literal" in found.failures["mine"]
    assert math.isfinite(found.values["ece"])


def test_a_sound_one_is_found_by_its_name(tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text(MINE)
    install(gather(["mine.py"], tmp_path))
    assert quantity_of("val.mine") == Quantity(name="mine", title="mine", decimals=4)
    assert own_measures()["mine"]["better"] is None
    withdraw()
    assert quantity_of("val.mine") is None
