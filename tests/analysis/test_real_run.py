"""Every table and figure from trials that were really trained, small ones on real digits."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from study_factory import StudyFactory, merged

from analysis import AnalysisError, figure, load, manifest, render, report, table, verify
from analysis.results import StudyResults

torch = pytest.importorskip("torch")

from trainables.config import TrialConfig  # noqa: E402
from trainables.fingerprint import fingerprint  # noqa: E402
from trainables.session import TrialTask, train  # noqa: E402

SEEDS = 2
BASE = {
    "network.width": 0.25,
    "optimizer.lr": 0.02,
    "steps": 12,
    "batch_size": 64,
    "reports": 3,
    "split.test": "reports",
}
RN = {"incay.form": "reciprocal", "incay.weight": 0.1, "incay.gate": "correct"}
L_SOFTMAX = {"loss.name": "l-softmax", "loss.margin": 4}
SOFTMAX: dict[str, Any] = {}
STUDIES: dict[str, dict[str, dict[str, Any]]] = {
    "paper-b-table-2": {
        "Softmax": SOFTMAX,
        "RN + Softmax": RN,
        "L-Softmax": L_SOFTMAX,
        "RN + L-Softmax": {**L_SOFTMAX, **RN},
        "Center Loss": {"loss.name": "center"},
        "RN + Center Loss": {"loss.name": "center", **RN},
    },
    "paper-a-table-2": {"Softmax": SOFTMAX, "RN + Softmax": RN, "L-Softmax": L_SOFTMAX},
    "paper-a-table-3": {
        "Softmax": SOFTMAX,
        "RN + Softmax, λ = 1": {**RN, "incay.weight": 1.0},
        "RN + Softmax, λ = 0.1": RN,
    },
    "paper-a-table-4": {
        "scale 1": SOFTMAX,
        "scale 4": {"network.feature_scale": 4.0},
        "scale 1e30": {"network.feature_scale": 1e30},
    },
    "paper-a-table-5": {"Softmax": SOFTMAX, "RN + Softmax": RN},
    "paper-a-table-6": {
        "Softmax": SOFTMAX,
        "LN": {"incay.form": "linear", "incay.weight": 1e-4},
        "LogN": {"incay.form": "log", "incay.weight": 0.01},
        "RN": RN,
    },
    "paper-a-table-7": {
        "μ = 0.0005": SOFTMAX,
        "μ = 0.005": {"optimizer.weight_decay": 0.005},
    },
}
ALIASES = {"paper-b-table-3": "paper-a-table-2", "paper-b-table-4": "paper-a-table-3"}


@pytest.fixture(scope="module")
def studies(tmp_path_factory: pytest.TempPathFactory) -> dict[str, StudyResults]:
    """Train the studies; they share trials, so the plain softmax is trained once."""
    torch.set_num_threads(1)
    root = tmp_path_factory.mktemp("real")
    return {name: load(run(root, name, arms), name) for name, arms in STUDIES.items()}


def run(root: Path, name: str, arms: dict[str, dict[str, Any]]) -> str:
    factory = StudyFactory(root, name, protocol="paper", table=name, replicates=SEEDS)
    base = merged(TrialConfig().to_dict(), BASE)
    data_hash = TrialConfig().dataset.content_hash(None)
    data = TrialConfig().dataset.load(None)
    for arm, difference in arms.items():
        config = merged(base, difference)
        factory.arms[arm] = {"name": arm, "difference": difference, "search": {}, "config": config}
        for number in range(SEEDS):
            trial = TrialConfig.from_dict({**config, "seed": number})
            task = TrialTask(fingerprint(trial, data_hash), trial, data_hash)
            if factory.store.read_record(task.fingerprint) is None:
                train(task, data, factory.store, torch.device("cpu"))
            row = {"arm": arm, "phase": "confirm", "number": number, "params": {}}
            factory.trials.append({**row, "fingerprint": task.fingerprint})
    return factory.write().uri


@pytest.mark.parametrize("name", [*STUDIES, *ALIASES, "paper-a-table-8", "paper-b-table-1"])
def test_tables(studies: dict[str, StudyResults], name: str) -> None:
    results = studies.get(ALIASES.get(name, name), studies["paper-b-table-2"])
    built = table(results, name)
    measured = [cell for _, _, cell in built.cells() if cell.n]
    assert (len(measured) >= 2) or name in ("paper-a-table-8", "paper-b-table-1")
    known = {trial.fingerprint for trial in results.trials}
    assert all(set(cell.fingerprints) <= known and cell.fingerprints for cell in measured)
    for format in ("terminal", "markdown", "latex", "csv", "json", "html"):
        assert render(built, format)
    assert verify(manifest(built), results.store) == []


def test_numbers_are_those_of_the_records(studies: dict[str, StudyResults]) -> None:
    results = studies["paper-b-table-2"]
    row = next(row for row in table(results).rows if row.name == "L-Softmax")
    records = [trial.record for trial in results.arm("L-Softmax").trials]
    errors = [record.metrics["test.error"] for record in records if record is not None]
    assert row.cells["accuracy"].value == pytest.approx(100.0 - sum(errors) / SEEDS)


def test_samples_agree_with_the_metrics(studies: dict[str, StudyResults]) -> None:
    cells = table(studies["paper-a-table-5"]).rows[0].cells
    right, wrong = cells["correct.count"].value, cells["wrong.count"].value
    assert right is not None
    assert wrong is not None
    assert cells["accuracy"].value == pytest.approx(100.0 * right / (right + wrong))


def test_an_exploded_scale_is_a_divergence(studies: dict[str, StudyResults]) -> None:
    rows = {row.name: row for row in table(studies["paper-a-table-4"]).rows}
    assert rows["> 10"].cells["accuracy"].reason == f"diverged {SEEDS} of {SEEDS}"


@pytest.mark.parametrize("number", [1, 2, 3, 5, 6, 8])
def test_figures(studies: dict[str, StudyResults], number: int) -> None:
    made = figure(studies["paper-b-table-2"], f"paper-a-figure-{number}")
    assert made.data.num_rows >= 6
    assert made.render("svg")


def test_scatter_and_response(studies: dict[str, StudyResults]) -> None:
    assert figure(studies["paper-b-table-2"], "feature-scatter").render("png")
    assert figure(studies["paper-a-table-3"], "weight-response").render("png")
    with pytest.raises(AnalysisError, match="search trials"):
        figure(studies["paper-a-table-3"], "importance")


def test_report(studies: dict[str, StudyResults]) -> None:
    text = report(studies["paper-a-table-5"])
    assert "RN + Softmax" in text
    assert "torch" in text
