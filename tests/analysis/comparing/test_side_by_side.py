from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats
from study_factory import RN, StudyFactory, incay

from incay.analysis import AnalysisError, compare, load, render
from incay.analysis.comparing.side_by_side import ArmDifference, compare_studies
from incay.analysis.content import Mark
from incay.analysis.results.study import StudyResults
from incay.analysis.statistics.welch import welch_test


def study(
    root: Path, name: str, errors: dict[str, Sequence[float]], seeds: Sequence[int]
) -> StudyResults:
    factory = StudyFactory(root, name)
    for arm, values in errors.items():
        factory.arm(arm, RN if arm.startswith("RN") else {})
        for number, (error, seed) in enumerate(zip(values, seeds, strict=True)):
            factory.trial(arm, number, {"test.error": error}, config={"seed": seed})
    return load(factory.write(), name)


def test_same_seeds_are_paired(tmp_path: Path) -> None:
    first = study(tmp_path, "first", {"Softmax": [8.0, 8.5, 7.5, 9.0]}, [1, 2, 3, 4])
    second = study(tmp_path, "second", {"Softmax": [8.1, 7.0, 7.4, 6.6]}, [4, 1, 2, 3])
    (row,) = compare(first, second).rows
    expected = stats.ttest_rel([7.0, 7.4, 6.6, 8.1], [8.0, 8.5, 7.5, 9.0])
    assert row.cells["difference"].value == pytest.approx(-0.975)
    assert row.cells["p"].value == pytest.approx(expected.pvalue)
    assert row.cells["test"].text == "paired t, 4 common seeds"
    assert row.cells["second"].marks == {Mark.BETTER}
    assert len(row.cells["difference"].fingerprints) == 8


def test_other_seeds_are_compared_by_welch(tmp_path: Path) -> None:
    first = study(tmp_path, "first", {"Softmax": [8.0, 8.5, 7.5]}, [1, 2, 3])
    second = study(tmp_path, "second", {"Softmax": [8.1, 9.0, 7.4]}, [5, 6, 7])
    (row,) = compare(first, second).rows
    expected = stats.ttest_ind([8.1, 9.0, 7.4], [8.0, 8.5, 7.5], equal_var=False)
    assert row.cells["p"].value == pytest.approx(expected.pvalue)
    assert row.cells["test"].text == "Welch's t"
    assert not row.cells["second"].marks


def test_one_common_seed_shows_its_own_difference(tmp_path: Path) -> None:
    """And not that of means over other seeds, too."""
    first = study(tmp_path, "first", {"Softmax": [8.0, 12.0]}, [1, 2])
    second = study(tmp_path, "second", {"Softmax": [8.5]}, [1])
    (row,) = compare(first, second).rows
    assert row.cells["difference"].value == pytest.approx(0.5)
    assert row.cells["test"].text == "one common seed"
    assert "p" not in row.cells


def test_shared_trials_do_not_differ(tmp_path: Path) -> None:
    factory = StudyFactory(tmp_path, "first")
    factory.arm("Softmax")
    factory.replicates("Softmax", [8.0, 9.0])
    first = load(factory.write(), "first")
    factory.run, factory.document["overrides"] = "ffffffff", ["confirm.seeds=2"]
    second = load(factory.write(), "first")
    table = compare(first, second)
    (row,) = table.rows
    assert row.cells["test"].text == "the same trials"
    assert row.cells["difference"].value == 0.0
    assert "p" not in row.cells
    assert table.title == "first 1a2b3c4d against first ffffffff"
    assert any("confirm.seeds=2" in note for note in table.notes)


def test_trials_under_two_names_are_one_comparison(tmp_path: Path) -> None:
    """λ = 0 is the plain loss bit for bit: Holm's family does not grow by naming it twice."""
    errors = {"first": [8.0, 8.5, 7.5, 9.0], "second": [7.0, 7.4, 6.6, 8.1]}

    def studies(*names: str) -> list[StudyResults]:
        made = []
        for name, values in errors.items():
            factory = StudyFactory(tmp_path / "-".join(names), name)
            for arm in ("Softmax", "RN"):
                factory.arm(arm, RN if arm == "RN" else {})
                for number, error in enumerate(values):
                    shifted = error + 0.1 * (number if arm == "RN" else 0)
                    factory.trial(arm, number, {"test.error": shifted}, config={"seed": number})
            plain = [trial for trial in factory.trials if trial["arm"] == "Softmax"]
            for arm in names:
                factory.arm(arm, incay(0.0))
                factory.trials += [{**trial, "arm": arm} for trial in plain]
            made.append(load(factory.write(), name))
        return made

    alone = {row.name: row.cells["p"].value for row in compare(*studies()).rows}
    table = compare(*studies("λ = 0", "λ = 0, other gate"))
    found = {row.name: row.cells["p"].value for row in table.rows}
    assert {name: found[name] for name in alone} == pytest.approx(alone)
    assert found["λ = 0"] == found["Softmax"]
    assert "Holm over 2 comparisons" in table.notes[0]


def test_a_planned_comparison_that_cannot_be_made_still_counts(tmp_path: Path) -> None:
    """Else an arm would be tested less strictly because another has diverged."""
    studies = []
    for name, errors in (("first", [8.0, 8.5, 7.5, 9.0]), ("second", [7.0, 7.4, 6.6, 8.1])):
        factory = StudyFactory(tmp_path, name)
        for arm in ("Softmax", "RN", "LN"):
            factory.arm(arm, {} if arm == "Softmax" else incay(form=arm))
        for number, error in enumerate(errors):
            factory.trial("Softmax", number, {"test.error": error}, config={"seed": number})
            factory.trial("RN", number, status="diverged")
        studies.append(load(factory.write(), name))  # LN has not begun
    table = compare(*studies)
    expected = stats.ttest_rel([7.0, 7.4, 6.6, 8.1], [8.0, 8.5, 7.5, 9.0])
    assert table.rows[0].cells["p"].value == pytest.approx(3 * expected.pvalue)
    assert "difference" not in table.rows[1].cells
    assert "Holm over 3 comparisons" in table.notes[0]


def test_arms_on_other_data_are_no_comparison(tmp_path: Path) -> None:
    studies = []
    for name, data in (("first", "mnist"), ("second", "cifar10")):
        factory = StudyFactory(tmp_path, name)
        factory.arm("Softmax", {"dataset.name": data})
        factory.replicates("Softmax", [8.0, 8.5])
        studies.append(load(factory.write(), name))
    compared = compare_studies(*studies)
    assert compared.family == 0
    assert compared.pairs[0].difference is None


def test_an_arm_that_got_more_seeds_is_the_same_arm(tmp_path: Path) -> None:
    factory = StudyFactory(tmp_path, "first")
    factory.arm("Softmax")
    factory.replicates("Softmax", [8.0, 9.0])
    first = load(factory.write(), "first")
    factory.run = "ffffffff"
    factory.trial("Softmax", 2, {"test.error": 5.0})
    compared = compare_studies(first, load(factory.write(), "first"))
    (pair,) = compared.pairs
    assert pair.difference == ArmDifference(
        value=pytest.approx(22.0 / 3.0 - 8.5), n=2, how="the same trials, 2 of 3"
    )
    assert compared.family == 0


def test_arms_of_one_study_only_and_settings(tmp_path: Path) -> None:
    first = study(tmp_path, "first", {"Softmax": [8.0], "RN": [7.0]}, [1])
    factory = StudyFactory(tmp_path, "second", protocol="paper")
    factory.arm("Softmax", {"optimizer.lr": 0.1})
    factory.arm("Hinge", {"loss.name": "hinge"})
    factory.trial("Softmax", 0, {"test.error": 9.0}, config={"seed": 7})
    second = load(factory.write(), "second")
    table = compare(first, second)
    assert [row.name for row in table.rows] == ["Softmax", "RN", "Hinge"]
    softmax, rn, hinge = (row.cells for row in table.rows)
    assert softmax["settings"].text == "optimizer.lr: 0.01 → 0.1"
    assert softmax["test"].text == "too few seeds"
    assert rn["second"].reason == "no such arm"
    assert hinge["first"].reason == "no such arm"
    assert hinge["second"].reason == "pending 3 of 3"
    assert table.protocol.count("Protocol: ") == 2
    assert "too few seeds" in render(table, "markdown")


def test_studies_that_cannot_be_compared(tmp_path: Path) -> None:
    first = study(tmp_path, "first", {"Softmax": [8.0]}, [1])
    other = study(tmp_path, "other", {"RN": [8.0]}, [1])
    with pytest.raises(AnalysisError, match="must share an arm"):
        compare(first, other)
    factory = StudyFactory(tmp_path, "searching")
    factory.arm("Softmax", {}, {"optimizer.lr": "log 1e-3 .. 1"})
    with pytest.raises(AnalysisError, match="same split"):
        compare(first, load(factory.write(), "searching"))


values = st.lists(st.floats(0.0, 50.0).map(lambda v: round(v, 2)), min_size=2, max_size=8)


@pytest.mark.filterwarnings("ignore:Precision loss")
@given(values, values)
def test_welch_is_scipys(first: list[float], second: list[float]) -> None:
    test = welch_test(first, second)
    if min(np.std(first), np.std(second)) < 1e-6:
        assert (test.p, test.half_width) == (None, None)
        return
    expected = stats.ttest_ind(first, second, equal_var=False)
    assert test.p == pytest.approx(expected.pvalue, abs=1e-9)
    low, high = expected.confidence_interval()
    assert test.half_width == pytest.approx((high - low) / 2)
