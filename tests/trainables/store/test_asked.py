"""Whether a recorded trial is the one that books list, also where a search chose a component."""

from __future__ import annotations

from typing import Any

import pytest

from incay.trainables.config import TrialConfig
from incay.trainables.optimizers.adamw import AdamWSettings
from incay.trainables.optimizers.sgd import SGDSettings
from incay.trainables.store.runs.asked import Asked
from incay.trainables.store.shapes import ArmBook, TrialRow

ARM = ArmBook(name="A", config=TrialConfig(optimizer=AdamWSettings(lr=0.3)).to_dict())


def told(params: dict[str, Any], config: TrialConfig) -> str:
    row = TrialRow(arm="A", phase="search", number=0, fingerprint="0" * 20, params=params)
    return Asked(ARM).problem(row, config.to_dict())


def test_the_arms_settings_are_asked_of_its_own_optimizer() -> None:
    assert not told({}, TrialConfig(optimizer=AdamWSettings(lr=0.3)))
    assert "optimizer.lr=0.001" in told({}, TrialConfig(optimizer=AdamWSettings()))


@pytest.mark.parametrize("nesterov", [True, False])
def test_they_are_not_asked_of_another_one_that_a_search_chose(nesterov: bool) -> None:
    params = {"optimizer.name": "sgd", "optimizer.nesterov": nesterov}
    assert not told(params, TrialConfig(optimizer=SGDSettings(nesterov=nesterov)))
    assert told(params, TrialConfig(optimizer=SGDSettings(nesterov=not nesterov)))
    assert "optimizer.name" in told(params, TrialConfig(optimizer=AdamWSettings(lr=0.3)))
    assert "steps=9" in told(params, TrialConfig(optimizer=SGDSettings(nesterov=nesterov), steps=9))
