from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import settings
from study_factory import (
    RN,
    StudyFactory,
    drawn_classes,
    drawn_history,
    drawn_outside,
    drawn_samples,
    drawn_weights,
    incay,
    scored_pairs,
)

from incay.analysis import load
from incay.analysis.results.study import StudyResults

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
        for name, loss in (
            ("Softmax", {}),
            ("L-Softmax", {"loss.name": "l-softmax"}),
            ("Center Loss", {"loss.name": "center"}),
        ):
            made.arm(name, loss)
            made.arm(f"RN + {name}", {**loss, **RN})
        return made

    return make


@pytest.fixture(scope="session")
def confirmed(tmp_path_factory: pytest.TempPathFactory) -> StudyResults:
    """Two arms of three seeds with everything beside their records."""
    return _confirmed(tmp_path_factory.mktemp("confirmed"))


@pytest.fixture(scope="session")
def shown(tmp_path_factory: pytest.TempPathFactory) -> StudyResults:
    """The same, of a study that names columns."""
    columns = ["error", "test.norm", "nc1", "train.norm", "ece"]
    return _confirmed(tmp_path_factory.mktemp("shown"), columns=columns)


def _confirmed(folder: Path, **document: Any) -> StudyResults:
    factory = StudyFactory(folder, protocol="paper", **document)
    for index, (arm, difference) in enumerate((("Softmax", {}), ("RN + Softmax", RN))):
        factory.arm(arm, difference)
        for number in range(3):
            samples = drawn_samples(number, 200.0 + 100.0 * index, 0.12 - 0.04 * index)
            error = 100.0 * float(np.mean(samples["label"].to_numpy() != samples["prediction"]))
            same = np.arange(200) % 2 == 0
            score = np.random.default_rng(number).normal(same * (1.0 + index), 1.0)
            factory.trial(
                arm,
                number,
                {"test.error": error},
                history=drawn_history(number, error, 200.0 + 100.0 * index),
                samples=samples,
                weights=drawn_weights(number, 0.1 - 0.03 * index),
                classes=drawn_classes(number),
                outside=drawn_outside(number, 60.0),
                **scored_pairs(score, same),
            )
    return load(factory.write(), factory.name)


@pytest.fixture(scope="session")
def searched(tmp_path_factory: pytest.TempPathFactory) -> StudyResults:
    """An arm whose error is least at λ = 10 and does not depend on weight decay."""
    decay = {"optimizer.weight_decay": "log 1e-5 .. 1e-2"}
    factory = StudyFactory(tmp_path_factory.mktemp("searched"), budget={"trials": 40})
    factory.arm("Softmax", {}, decay)
    factory.arm("RN + Softmax", RN, {"incay.weight": "log 1e-3 .. 1e3", **decay})
    random = np.random.default_rng(5)
    for number in range(40):
        decay_value = float(10 ** random.uniform(-5, -2))
        weight = float(10 ** random.uniform(-3, 3))
        error = 8.0 + 0.3 * (math.log10(weight) - 1.0) ** 2 + float(random.normal(0.0, 0.05))
        ends = ["completed", "pruned"][number == 7]
        for arm, params in (
            ("Softmax", {"optimizer.weight_decay": decay_value}),
            ("RN + Softmax", {"optimizer.weight_decay": decay_value, "incay.weight": weight}),
        ):
            value = {"val.error": error if arm != "Softmax" else 9.0 + 0.1 * (number % 3)}
            factory.trial(arm, number, value, phase="search", params=params, status=ends)
    return load(factory.write(), factory.name)


@pytest.fixture(scope="session")
def looked(tmp_path_factory: pytest.TempPathFactory) -> StudyResults:
    """Two arms beside a baseline, to be looked at after 3, 5 and 8 seeds; one is better."""
    factory = StudyFactory(tmp_path_factory.mktemp("looked"), replicates=8, looks=(3, 5, 8))
    random = np.random.default_rng(8)
    for arm, difference, gain in (("Softmax", {}, 0.0), ("RN", RN, 2.0), ("LN", incay(0.2), 0.1)):
        factory.arm(arm, difference)
        factory.replicates(arm, [float(each) for each in random.normal(9.0 - gain, 0.5, 8)])
    return load(factory.write(), factory.name)
