"""The figure of boundaries shows what each rule asks, and where comparisons stand."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats
from study_factory import StudyFactory, incay

from incay.analysis import AnalysisError, figure, load
from incay.analysis.comparing.comparisons import compare_arms
from incay.analysis.results.study import StudyResults
from incay.analysis.statistics.sequential.boundaries import boundary_at


def test_boundaries_are_of_the_level_that_holm_begins_with(looked: StudyResults) -> None:
    frame = figure(looked, "boundaries").to_pandas()
    bounds = frame[frame["kind"] == "boundary"]
    assert set(bounds["alpha"]) == {0.025}
    own = bounds[bounds["rule"] == "obrien-fleming"]
    assert own["n"].to_list() == [3, 5, 8]
    assert own["t"].to_list()[1] == boundary_at([3, 5], 0.025, "obrien-fleming", 8)
    assert "pocock" not in set(bounds["rule"])  # not this study's
    fixed = bounds[bounds["rule"] == "fixed"].set_index("n")["t"]
    assert fixed[8] == pytest.approx(stats.t.ppf(1 - 0.0125, 7))
    assert bounds[bounds["rule"] == "always-valid"]["n"].min() == 6
    # Whoever looks more often has to show more.
    last = bounds[bounds["n"] == 8].set_index("rule")["t"]
    assert last["fixed"] < last["obrien-fleming"] < last["always-valid"]


def test_paths_are_the_t_of_the_first_pairs(looked: StudyResults) -> None:
    frame = figure(looked, "boundaries").to_pandas()
    path = frame[(frame["kind"] == "path") & (frame["arm"] == "RN")]
    assert path["n"].to_list() == [3, 5, 8]
    test = compare_arms(looked, "test.error")["RN"].test
    assert test.deviation is not None
    assert path["t"].to_list()[-1] == pytest.approx(
        abs(test.difference) / test.deviation * np.sqrt(8)
    )
    assert set(path["reference"]) == {"Softmax"}


def test_a_study_of_one_look_has_none(confirmed: StudyResults) -> None:
    with pytest.raises(AnalysisError, match="must declare looks"):
        figure(confirmed, "boundaries")


def test_equal_differences_have_no_path(factory: StudyFactory) -> None:
    factory.document["looks"] = (2, 4)
    for arm, weight, errors in (
        ("Softmax", 0.0, [8.0, 8.1, 8.2]),
        ("same", 0.1, [7.0, 7.1, 7.2]),
        ("other", 0.2, [7.0, 7.1, 7.3]),
    ):
        factory.arm(arm, incay(weight))
        factory.replicates(arm, errors)
    made = figure(load(factory.write(), "planted"), "boundaries")
    paths = made.to_pandas().query("kind == 'path'")
    assert paths[["arm", "n"]].to_numpy().tolist() == [["other", 3]]
    assert made.render("svg")
