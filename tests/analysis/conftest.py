from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import settings
from study_factory import StudyFactory

# The same examples in every run, however slow the machine is.
settings.register_profile("analysis", deadline=None, derandomize=True)
settings.load_profile("analysis")


@pytest.fixture
def factory(tmp_path: Path) -> StudyFactory:
    """A study with nothing in it yet."""
    return StudyFactory(tmp_path / "results")


@pytest.fixture
def six_arms(tmp_path: Path) -> Callable[..., StudyFactory]:
    """Makes paper B's Table 2 study, without trials."""

    def make(**document: object) -> StudyFactory:
        made = StudyFactory(
            tmp_path / "results",
            "paper-b-table-2",
            **{"table": "paper-b-table-2", "protocol": "paper", **document},
        )
        incay = {"incay.form": "reciprocal", "incay.weight": 0.1}
        for name, loss in (
            ("Softmax", {}),
            ("L-Softmax", {"loss.name": "l-softmax"}),
            ("Center Loss", {"loss.name": "center"}),
        ):
            made.arm(name, loss)
            made.arm(f"RN + {name}", {**loss, **incay})
        return made

    return make
