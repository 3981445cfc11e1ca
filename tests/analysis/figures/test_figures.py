"""What holds of every figure, and what some show of trained models."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from matplotlib.figure import Figure as Canvas
from study_factory import RN, StudyFactory, drawn_samples

from incay.analysis import AnalysisError, figure, load
from incay.analysis.figures.base import figures
from incay.analysis.results.study import StudyResults

OF_CONFIRMED = [
    "angles",
    "collapse",
    "feature-scatter",
    "norm-roc",
    "paper-a-figure-1",
    "paper-a-figure-2",
    "paper-a-figure-3",
    "paper-a-figure-5",
    "paper-a-figure-6",
    "paper-a-figure-7",
    "paper-a-figure-8",
    "paper-b-figure-1",
    "paper-b-figure-3",
    "paper-b-figure-4",
    "outside-norms",
    "paired-differences",
    "reliability",
    "risk-coverage",
    "roc",
]
OF_SEARCHED = ["best-so-far", "importance", "weight-response"]
OF_LOOKS = ["boundaries"]
OF_COLUMNS = ["columns"]


def test_every_figure_has_a_case() -> None:
    assert sorted(OF_CONFIRMED + OF_SEARCHED + OF_LOOKS + OF_COLUMNS) == sorted(figures)


@pytest.mark.parametrize(
    ("name", "study"),
    [(name, "confirmed") for name in OF_CONFIRMED]
    + [(name, "searched") for name in OF_SEARCHED]
    + [(name, "looked") for name in OF_LOOKS]
    + [(name, "shown") for name in OF_COLUMNS],
)
def test_figures_are_drawn_and_saved(
    name: str, study: str, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    made = figure(request.getfixturevalue(study), name)
    assert made.data.num_rows > 0
    svg = made.save(tmp_path / "figure.svg").read_bytes()
    assert svg.startswith(b"<?xml")
    assert b"http" not in svg.replace(b"http://www.w3.org", b"").replace(
        b"http://purl.org", b""
    ).replace(b"http://creativecommons.org", b"").replace(b"https://matplotlib.org", b"")
    assert made.save(tmp_path / "data.csv").read_text().splitlines()[0].count(",") >= 3
    arrow = pa.ipc.open_file(made.save(tmp_path / "data.arrow")).read_all()
    assert arrow.equals(made.data)
    assert len(made.to_pandas()) == made.data.num_rows
    assert "Protocol: " in made.caption


def test_columns_are_those_that_reports_have(shown: StudyResults) -> None:
    made = figure(shown, "columns")
    assert list(made.to_pandas()["metric"].unique()) == [
        *("test.error", "test.norm", "test.nc1", "train.norm"),
    ]
    assert len(made.draw().axes) == 4


def test_formats_and_reproducible_bytes(searched: StudyResults, tmp_path: Path) -> None:
    made = figure(searched, "best-so-far")
    for suffix, start in (("svg", b"<?xml"), ("png", b"\x89PNG"), ("pdf", b"%PDF")):
        saved = made.save(tmp_path / f"figure.{suffix}").read_bytes()
        assert saved.startswith(start)
        assert saved == made.render(suffix)


def test_weights_start_from_one_initialisation(confirmed: StudyResults) -> None:
    frame = figure(confirmed, "paper-a-figure-7").to_pandas()
    assert list(frame["arm"].unique()) == ["initialisation", "Softmax", "RN + Softmax"]
    sums = frame.groupby(["arm", "layer"])["share"].sum()
    assert sums.to_numpy() == pytest.approx(np.ones(len(sums)))


def test_features_are_those_of_the_first_seed(factory: StudyFactory) -> None:
    for arm in ("Softmax", "RN"):
        factory.arm(arm, {} if arm == "Softmax" else RN)
        for number in (0, 1):
            samples = drawn_samples(number, 20.0, 0.1, images=50)
            if (arm, number) == ("RN", 0):
                factory.trial(arm, number, status="diverged")
            else:
                factory.trial(arm, number, {"test.error": 8.0}, samples=samples)
    made = figure(load(factory.write(), "planted"), "feature-scatter")
    assert set(made.to_pandas()["arm"]) == {"Softmax"}
    assert [axes.get_title() for axes in made.draw().axes] == ["Softmax", "RN: diverged"]


def test_names_of_arms_are_no_mathematics_and_none_is_left_out(factory: StudyFactory) -> None:
    for arm in ("$x_{$", "_ours", r"\frac{$a$"):
        factory.arm(arm)
        factory.trial(arm, 0, {"test.error": 8.0}, samples=drawn_samples(1, 20.0, 0.1, images=50))
    results = load(factory.write(), "planted")
    canvas = figure(results, "norm-roc").draw()
    (legend,) = canvas.legends
    assert len(legend.get_texts()) == 3
    assert b"_ours" in figure(results, "feature-scatter").render("svg")


@pytest.mark.parametrize("name", sorted(figures))
def test_a_study_without_results_says_what_is_missing(factory: StudyFactory, name: str) -> None:
    factory.arm("Softmax", {}, {"optimizer.weight_decay": "log 1e-5 .. 1e-2"})
    with pytest.raises(AnalysisError, match="study 'planted'"):
        figure(load(factory.write(), "planted"), name)


def test_missing_files_are_named(factory: StudyFactory) -> None:
    factory.arm("Softmax")
    factory.replicates("Softmax", [8.0])
    results = load(factory.write(), "planted")
    fingerprint = factory.trials[0]["fingerprint"]
    with pytest.raises(AnalysisError, match=rf"{fingerprint} \(Softmax\) must have per-sample"):
        figure(results, "paper-a-figure-1")
    with pytest.raises(AnalysisError, match="weight histograms"):
        figure(results, "paper-a-figure-7")
    with pytest.raises(AnalysisError, match="scores of pairs"):
        figure(results, "roc")
    with pytest.raises(AnalysisError, match="only under `protocol: paper`"):
        figure(results, "paper-a-figure-2")


def test_unknown_names(confirmed: StudyResults) -> None:
    with pytest.raises(AnalysisError, match="did you mean 'best-so-far'"):
        figure(confirmed, "best-sofar")
    with pytest.raises(AnalysisError, match="figure format must be one of"):
        figure(confirmed, "roc").render("gif")


def test_drawing_does_not_touch_global_state(confirmed: StudyResults) -> None:
    assert isinstance(figure(confirmed, "roc").draw(), Canvas)
    assert figure(confirmed, "roc")._repr_svg_().startswith("<?xml")
