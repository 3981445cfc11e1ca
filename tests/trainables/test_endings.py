"""What is asked of an ending in place of its name, so that a new one is asked the same."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from incay.study.execution.monitor import ArmProgress
from incay.trainables.store.endings import Ending, Nature, Unended

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("ending", Ending)
def test_an_ending_is_what_its_nature_is(ending):
    assert ending.is_whole == (ending.nature is Nature.WHOLE)
    assert ending.is_cut == (ending.nature is Nature.CUT)
    assert ending.is_open == (ending.nature is Nature.OPEN)
    assert not (ending.is_open and ending.is_final)


def test_a_trial_without_a_record_is_open_unless_that_is_damaged():
    assert {status for status in Unended if status.is_open} == {Unended.RUNNING, Unended.PENDING}
    assert not any(status.is_whole for status in Unended)


def test_trials_that_go_on_later_are_not_done():
    progress = ArmProgress(len(Ending), Counter(Ending))
    assert progress.done == sum(not ending.is_open for ending in Ending)


@pytest.mark.parametrize("ending", Ending)
def test_nobody_compares_with_a_name_where_a_nature_is_meant(ending):
    """Names are for whoever finds an ending out; DIVERGED alone is looked for by itself."""
    if ending is Ending.DIVERGED:
        return
    for room in ("study", "trainables", "analysis"):
        for path in (ROOT / room).rglob("*.py"):
            code = path.read_text(encoding="utf-8")
            for compared in (f"Ending.{ending.name}", f'"{ending}"'):
                for sign in ("==", "!=", "is", "is not"):
                    assert f" {sign} {compared}" not in code, path
