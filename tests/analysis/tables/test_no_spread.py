"""Values that are all the same number show no spread: they give no interval, on no output."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from built_tables import built, cell
from study_factory import RN, StudyFactory, drawn_history, drawn_samples, incay

from incay.analysis import AnalysisError, compare, figure, load, render, report, table


@pytest.fixture
def equal(factory: StudyFactory) -> StudyFactory:
    """An arm whose seeds all differ by the same number, and one whose seeds are all equal."""
    factory.arm("Softmax")
    factory.arm("RN", RN)
    factory.arm("LN", incay(form="linear"))
    factory.replicates("Softmax", [8.0, 8.4, 8.1], [100.0, 101.0, 102.0])
    factory.replicates("RN", [3.33, 3.73, 3.43])
    factory.replicates("LN", [5.0, 5.0, 5.0])
    return factory


def test_cells_say_that_there_is_none(equal: StudyFactory) -> None:
    shown = built(equal, "general")
    change = cell(shown, "RN", "change")
    assert (change.value, change.half_width, change.n) == (pytest.approx(-4.67), None, 3)
    assert "No interval: all seeds give the same difference" in change.notes[0]
    assert cell(shown, "RN", "error").half_width is not None
    error = cell(shown, "LN", "error")
    assert (error.half_width, error.no_spread) == (None, True)
    assert "No interval: all seeds give the same number" in error.notes[0]


@pytest.mark.parametrize("format", ["terminal", "markdown", "latex", "html"])
def test_texts_show_a_dash(equal: StudyFactory, format: str) -> None:
    text = render(built(equal, "general"), format)
    dash, pm, minus = ("---", r"$\pm$", "$-$") if format == "latex" else ("—", "±", "−")
    assert f"{minus}4.67 {pm} {dash}" in text
    assert f"5.00 {pm} {dash}" in text
    assert f"{pm} 0.00" not in text


def test_exports_hold_no_width(equal: StudyFactory) -> None:
    shown = built(equal, "general")
    frame = shown.to_pandas().set_index("arm")
    assert frame["change.half_width"].isna()["RN"]
    assert frame.loc["RN", "change.n"] == 3
    assert "No interval" in frame.loc["RN", "notes"]
    rows = {row["name"]: row["cells"] for row in json.loads(render(shown, "json"))["rows"]}
    assert (rows["RN"]["change"]["half_width"], rows["RN"]["change"]["no_spread"]) == (None, True)
    assert rows["Softmax"]["error"]["no_spread"] is False


def test_the_other_tables_and_the_report_show_none_either(equal: StudyFactory) -> None:
    results = load(equal.write(), "planted")
    row = table(results, "comparisons").rows[0]
    assert (row.cells["difference"].half_width, row.cells["p"].value) == (None, 0.25)
    page = report(results)
    assert "± 0.00" not in page
    assert "−4.67 ± — points" in page
    assert "every seed shows the same difference" in page


def test_one_seed_is_said_to_be_one(factory: StudyFactory) -> None:
    factory.arm("Softmax")
    factory.replicates("Softmax", [8.0])
    shown = cell(built(factory, "general"), "Softmax", "error")
    assert (shown.half_width, shown.no_spread, shown.notes) == (None, False, ())


def test_two_studies(tmp_path: Path) -> None:
    studies = []
    for name, errors, seeds in (
        ("one", [5.0, 5.0], (1, 2)),
        ("paired", [4.0, 4.0], (1, 2)),
        ("apart", [1.0, 1.01], (7, 8)),
    ):
        factory = StudyFactory(tmp_path, name)
        factory.arm("Softmax")
        for number, (error, seed) in enumerate(zip(errors, seeds, strict=True)):
            factory.trial("Softmax", number, {"test.error": error}, config={"seed": seed})
        studies.append(load(factory.write(), name))
    one, paired, apart = studies
    for other, how in ((paired, "exact test of signs"), (apart, "no spread")):
        (row,) = compare(one, other).rows
        difference = row.cells["difference"]
        assert (difference.half_width, difference.no_spread) == (None, True)
        assert "No interval" in difference.notes[0]
        assert how in row.cells["test"].text
    assert "p" not in compare(one, apart).rows[0].cells
    assert compare(one, one).rows[0].cells["difference"].no_spread is False


def test_figures_draw_none(equal: StudyFactory, tmp_path: Path) -> None:
    equal.arm("RN 2", incay(0.5))
    equal.replicates("RN 2", [4.0, 4.0, 4.0])
    results = load(equal.write(), "planted")
    response = figure(results, "weight-response")
    rows = response.to_pandas()
    means = rows[(rows["kind"] == "mean") & (rows["metric"] == "test.error")].set_index("arm")
    assert means.loc[["LN", "RN 2"], ["low", "high"]].isna().all(axis=None)
    assert means.loc["RN", "low"] < means.loc["RN", "high"]
    differences = figure(results, "paired-differences")
    rows = differences.to_pandas()
    rows = rows[(rows["kind"] == "mean") & (rows["metric"] == "test.error")].set_index("arm")
    assert rows.loc[["RN"], ["low", "high"]].isna().all(axis=None)
    for number, drawn in enumerate((response, differences)):
        drawn.save(tmp_path / f"{number}.svg")


def test_bands_of_equal_search_trials_are_not_made_up(factory: StudyFactory) -> None:
    factory.arm("RN", RN, {"incay.weight": "log 1e-3 .. 1e3"})
    for number in range(12):
        params = {"incay.weight": 10.0 ** (number / 2 - 3)}
        factory.trial("RN", number, {"val.error": 9.0}, phase="search", params=params)
    results = load(factory.write(), "planted")
    assert "band" not in set(figure(results, "weight-response").to_pandas()["kind"])
    with pytest.raises(AnalysisError, match="are all equal"):
        figure(results, "importance")


def test_curves_and_classes_have_gaps(factory: StudyFactory, tmp_path: Path) -> None:
    factory.document["protocol"] = "paper"
    factory.arm("Softmax")
    for number in range(2):
        history = drawn_history(0, 12.0, 200.0)  # the same of each seed
        factory.trial("Softmax", number, history=history, samples=drawn_samples(0, 200.0, 0.12))
    results = load(factory.write(), "planted")
    for name, column in (
        ("paper-a-figure-2", "half_width"),
        ("paper-a-figure-6", "accuracy_half_width"),
    ):
        drawn = figure(results, name)
        assert drawn.to_pandas()[column].isna().all()
        drawn.save(tmp_path / f"{name}.svg")
