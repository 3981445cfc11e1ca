"""Every table and figure of both papers from its built-in study, really trained, in small.

A few steps of narrow networks on excerpts of the real data sets, through the session that also
the Ray trainable runs, in this process.
"""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable
from functools import cache
from pathlib import Path

import not_run
import pytest
import torch
from excerpts import write_excerpts
from not_run import needs

from incay.analysis import figure, load, manifest, render, report, table, verify
from incay.analysis.figures import figures
from incay.analysis.output.renderers import renderers
from incay.analysis.results.study import StudyResults
from incay.analysis.tables import tables
from incay.study.execution.books.ledger import Ledger
from incay.study.planning.data_catalog import DataCatalog
from incay.study.planning.trials import Planner
from incay.study.spec.catalog import find_study
from incay.study.spec.reading.overrides import apply_overrides
from incay.study.spec.study import parse_study
from incay.trainables.store.trials import Store
from incay.trainables.worker.session import train
from incay.trainables.worker.task import TrialTask
from tests.analysis.output.test_renderers import LATEX

SEEDS = 2
SMALL = ["network.width=0.06", "steps=4", "batch_size=16", "reports=2", "precision=fp32"]
ORL = ["dataset.name=orl_faces", "dataset.size=[28, 24]", "network.dimension=16"]
OF_TABLE = {
    "paper-a-table-1": "paper-a-table-1",
    "paper-a-table-2": "paper-a-table-2-cifar10",
    "paper-a-table-3": "paper-a-table-3",
    "paper-a-table-4": "paper-a-table-4",
    "paper-a-table-5": "paper-a-table-5",
    "paper-a-table-6": "paper-a-table-6",
    "paper-a-table-7": "paper-a-table-7",
    "paper-a-table-8": "paper-a-table-5",
    "paper-b-table-1": "paper-b-table-2",
    "paper-b-table-2": "paper-b-table-2",
    "paper-b-table-3": "paper-b-table-3-mnist",
    "paper-b-table-4": "paper-b-table-4",
    "general": "paper-b-table-2",
    "comparisons": "paper-b-table-2",
    "geometry": "paper-b-table-2",
    "calibration": "paper-b-table-2",
    "columns": "paper-b-table-2",
}
"""The study that each table is built from."""
OF_FIGURE = {
    **{name: "paper-a-table-5" for name in figures if name.startswith("paper-")},
    "feature-scatter": "paper-b-table-2",
    "norm-roc": "paper-b-table-2",
    "paired-differences": "paper-b-table-2",
    "roc": "paper-a-table-1",
    "weight-response": "paper-a-table-3",
}
OF_SEARCHES = {"best-so-far", "importance"}
OF_MEASURES = {"angles", "collapse", "columns", "outside-norms", "reliability", "risk-coverage"}
OF_LOOKS = {"boundaries"}  # which no paper's study declares: tests/analysis/figures
PRINTED = {"paper-a-table-8", "paper-b-table-1"}
"""Tables of networks: nothing in them is measured."""

Trained = Callable[[str], StudyResults]


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Trained:
    """Trains a built-in study in small when it is first asked for; studies share trials."""
    torch.set_num_threads(1)
    root = tmp_path_factory.mktemp("data")
    write_excerpts(root)
    store, data = Store(tmp_path_factory.mktemp("results")), DataCatalog(root)

    @cache
    def results(study: str) -> StudyResults:
        document = find_study(study)
        faces = study == "paper-a-table-1"
        apply_overrides(document, SMALL + ORL if faces else SMALL, seeds=SEEDS)
        spec = parse_study(document)
        ledger = Ledger(store, spec)
        ledger.open()
        trials = Planner(spec, data).confirm_trials()
        for trial in trials:
            if store.read_record(trial.fingerprint) is None:
                dataset = trial.config.dataset
                task = TrialTask(trial.fingerprint, trial.config, data.hash(dataset))
                train(task, data.load(dataset), store, torch.device("cpu"))
        ledger.keep(trials, now=True)
        return load(store, spec.name, spec.run)

    return results


def test_every_table_and_figure_has_a_study() -> None:
    assert set(OF_TABLE) == set(tables)
    assert set(OF_FIGURE) | OF_SEARCHES | OF_LOOKS | OF_MEASURES == set(figures)


@pytest.mark.parametrize("name", OF_TABLE)
def test_tables(trained: Trained, name: str) -> None:
    results = trained(OF_TABLE[name])
    built = table(results, name)
    measured = [cell for _, _, cell in built.cells() if cell.n]
    assert len(measured) >= 2 or name in PRINTED
    known = {trial.fingerprint for trial in results.trials}
    assert all(set(cell.fingerprints) <= known and cell.fingerprints for cell in measured)
    for format_ in renderers:
        assert render(built, format_)
    assert verify(manifest(built), results.store) == []


@pytest.mark.parametrize("name", OF_FIGURE)
def test_figures(trained: Trained, name: str) -> None:
    made = figure(trained(OF_FIGURE[name]), name)
    assert made.data.num_rows > 0
    assert made.render("svg").startswith(b"<?xml")
    assert made.render("csv").count(b"\n") == made.data.num_rows + 1


def test_numbers_are_those_of_the_records(trained: Trained) -> None:
    results = trained("paper-b-table-2")
    row = next(row for row in table(results).rows if row.name == "L-Softmax")
    records = [trial.record for trial in results.arm("L-Softmax").trials]
    errors = [record.metrics["test.error"] for record in records if record is not None]
    assert row.cells["accuracy"].value == pytest.approx(100.0 - sum(errors) / SEEDS)


def test_samples_agree_with_the_metrics(trained: Trained) -> None:
    cells = table(trained("paper-a-table-5")).rows[0].cells
    right, wrong = cells["correct.count"].value, cells["wrong.count"].value
    assert right is not None
    assert wrong is not None
    assert cells["accuracy"].value == pytest.approx(100.0 * right / (right + wrong))


def test_roc_of_faces_agrees_with_the_metrics(trained: Trained) -> None:
    """From the scores of pairs in the store, the area that the trial itself reported."""
    results = trained("paper-a-table-1")
    frame = figure(results, "roc").to_pandas().groupby("arm")["auc"].first()
    for arm in results.arms:
        recorded = [trial.metric("test.auc") for trial in arm.trials]
        if None not in recorded:
            assert 100.0 * frame[arm.name] == pytest.approx(sum(recorded) / SEEDS, abs=1e-6)


def test_weights_are_those_of_the_networks(trained: Trained) -> None:
    frame = figure(trained("paper-a-table-5"), "paper-a-figure-7").to_pandas()
    assert list(frame["arm"].unique()) == ["initialisation", "Softmax", "RN + Softmax"]
    assert {"conv0_1", "features", "classifier"} <= set(frame["layer"])
    counts = frame.groupby(["layer", "arm"])["count"].sum().unstack()
    assert (counts.nunique(axis=1) == 1).all()
    area = frame["density"] * (frame["high"] - frame["low"])
    assert area.groupby([frame["arm"], frame["layer"]]).sum().to_numpy() == pytest.approx(1.0)


def test_report(trained: Trained) -> None:
    page = report(trained("paper-a-table-5"))
    assert "RN + Softmax" in page
    assert "paper A, Figure 7" in page
    assert 'id="figure-roc"' not in page
    assert 'id="figure-roc"' in report(trained("paper-a-table-1"))


@needs(not_run.LATEX, there=bool(LATEX))
def test_latex_of_all_tables_compiles(trained: Trained, tmp_path: Path) -> None:
    """Each as it is, and all of them drawn into one paper."""
    for name, study in OF_TABLE.items():
        (tmp_path / f"{name}.tex").write_text(render(table(trained(study), name), "latex"), "utf-8")
    inputs = "\n".join(rf"\input{{{name}}}\clearpage" for name in OF_TABLE)
    (tmp_path / "paper.tex").write_text(
        r"\documentclass{article}\usepackage[T1]{fontenc}\usepackage{booktabs,graphicx}"
        rf"\begin{{document}}{inputs}\end{{document}}"
    )
    for source in ("paper.tex", "paper-a-table-5.tex"):
        done = subprocess.run(
            [*LATEX, source], cwd=tmp_path, capture_output=True, text=True, timeout=500, check=False
        )
        assert done.returncode == 0, done.stdout[-2000:]
    if shutil.which("pdftotext"):
        text = subprocess.check_output(["pdftotext", "-layout", tmp_path / "paper.pdf", "-"])
        assert text.decode().count("Study paper-") == len(OF_TABLE)
