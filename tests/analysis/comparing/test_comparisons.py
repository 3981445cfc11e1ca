from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from simulated_records import simulated_record
from statsmodels.stats.power import TTestPower
from study_factory import RN, StudyFactory, incay, samples_of

from incay.analysis import load, render, table
from incay.analysis.comparing.comparisons import compare_arms
from incay.analysis.comparing.references import references
from incay.analysis.content import Mark
from incay.analysis.results.study import Arm, StudyResults, Trial
from incay.trainables.store.shapes import Objective
from incay.trainables.store.trials import Store


def simulated(errors: np.ndarray, store: Store) -> StudyResults:
    """Return a study of (arms, seeds) test errors, without writing it."""
    arms = []
    for index, row in enumerate(errors):
        name = f"arm {index}"
        trials = tuple(
            Trial(
                arm=name,
                phase="confirm",
                number=number,
                fingerprint=f"{index}-{number}",
                record=simulated_record(f"{index}-{number}", {"test.error": float(error)}),
            )
            for number, error in enumerate(row)
        )
        arms.append(Arm(name=name, difference={"x": index} if index else {}, trials=trials))
    return StudyResults(
        name="simulated",
        run="0",
        baseline="arm 0",
        replicates=errors.shape[1],
        arms=tuple(arms),
        objective=Objective(),
        store=store,
    )


def test_no_more_than_five_percent_of_null_studies_have_any_bold(tmp_path: Path) -> None:
    """1,000 studies of six equal arms and five seeds, errors in steps of one image."""
    random = np.random.default_rng(7)
    store = Store(tmp_path)
    studies_with_bold = studies_with_claim = 0
    for _ in range(1000):
        seeds = random.normal(8.0, 0.3, (1, 5))
        errors = np.round(seeds + random.normal(0.0, 0.2, (6, 5)), 2)
        built = table(simulated(errors, store))
        marks = [mark for _, _, cell in built.cells() for mark in cell.marks]
        studies_with_bold += Mark.BETTER in marks
        studies_with_claim += bool(marks)
    assert studies_with_bold <= 50
    # 5% of 1,000 and two standard deviations: both directions are claims.
    assert studies_with_claim <= 64


@pytest.mark.parametrize("seeds", [3, 6, 10])
def test_power_rises_with_seeds_as_computed(tmp_path: Path, seeds: int) -> None:
    random = np.random.default_rng(11)
    store = Store(tmp_path)
    effect = 1.0
    found = 0
    for _ in range(400):
        baseline = random.normal(8.0, 0.3, seeds)
        arm = baseline - random.normal(effect, 1.0, seeds)
        compared = compare_arms(simulated(np.stack([baseline, arm]), store), "test.error")
        found += compared["arm 1"].marks == {Mark.BETTER}
    expected = TTestPower().power(effect, seeds, 0.05)
    assert found / 400 == pytest.approx(expected, abs=0.07)


def test_bold_needs_the_test(factory: StudyFactory) -> None:
    for name, difference in (("Softmax", {}), ("RN", RN), ("Worse", {"loss.name": "hinge"})):
        factory.arm(name, difference)
    factory.replicates("Softmax", [8.0, 8.4, 7.7, 8.1, 8.2])
    factory.replicates("RN", [7.0, 7.5, 6.6, 7.1, 7.2])
    factory.replicates("Worse", [9.0, 9.5, 8.8, 9.1, 9.3])
    built = table(load(factory.write(), "planted"))
    marks = {row.name: row.cells["error"].marks for row in built.rows}
    assert marks == {
        "Softmax": frozenset(),
        "RN": frozenset({Mark.BETTER}),
        "Worse": frozenset({Mark.WORSE}),
    }
    assert built.rows[1].cells["change"].value == pytest.approx(-1.0)


def test_undecided_says_what_would_decide(factory: StudyFactory) -> None:
    factory.arm("Softmax")
    factory.arm("RN", RN)
    factory.replicates("Softmax", [8.0, 8.4, 7.7])
    factory.replicates("RN", [7.9, 8.0, 7.8])
    results = load(factory.write(), "planted")
    comparison = compare_arms(results, "test.error")["RN"]
    more = comparison.more_seeds()
    assert more is not None
    assert more.point is not None
    assert more.least is not None
    assert more.most is None  # it may be none at all
    n = comparison.test.n + more.point
    deviation = comparison.test.deviation
    assert deviation is not None
    assert TTestPower().power(comparison.test.difference / deviation, n, 0.05) >= 0.8
    note = next(note for note in table(results).notes if note.startswith("Undecided"))
    told = f"about {more.point} more seeds ({more.least} to over 1,000)"
    assert f"RN ({told}, {more.point * 2} CPU-minutes)" in note


def test_one_seed_tests_nothing(factory: StudyFactory) -> None:
    factory.arm("Softmax")
    factory.arm("RN", RN)
    factory.replicates("Softmax", [8.0])
    factory.replicates("RN", [1.0])
    results = load(factory.write(), "planted")
    built = table(results)
    assert not any(cell.marks for _, _, cell in built.cells())
    assert not any("Compared" in note for note in built.notes)
    row = table(results, "comparisons").rows[0]
    assert row.cells["p"].reason == "one pair"
    assert row.cells["conclusion"].text == "undecided: one pair shows no spread"
    assert row.cells["wilcoxon"].reason == row.cells["bootstrap"].reason == "one pair"
    assert row.cells["improvement"].interval == pytest.approx((0.025, 1.0))


def test_a_comparison_that_cannot_be_made_still_counts(factory: StudyFactory) -> None:
    """Else an arm would be tested less strictly because another diverged."""
    factory.arm("Softmax")
    factory.arm("RN", RN)
    factory.arm("LN", incay(form="linear"))
    factory.replicates("Softmax", [8.0, 8.4, 8.1])
    factory.replicates("RN", [7.0, 7.5, 7.3])
    for replicate in range(3):
        factory.trial("LN", replicate, status="diverged")
    results = load(factory.write(), "planted")
    compared = compare_arms(results, "test.error")["RN"]
    assert compared.family == 2
    assert compared.adjusted_p == pytest.approx(2 * compared.test.p)
    assert any("Holm over 2 comparisons" in note for note in table(results).notes)


def test_rounding_is_no_difference(factory: StudyFactory) -> None:
    factory.arm("Softmax")
    factory.arm("RN", RN)
    factory.replicates("Softmax", [0.1 + 0.2, 8.0])
    factory.replicates("RN", [0.3, 8.0])
    compared = compare_arms(load(factory.write(), "planted"), "test.error")["RN"]
    assert compared.test.difference == 0.0
    assert compared.test.p == 1.0


def test_a_mean_difference_that_is_rounding_asks_for_no_seeds(factory: StudyFactory) -> None:
    factory.arm("Softmax")
    factory.arm("RN", RN)
    factory.replicates("Softmax", [8.2, 8.1])
    factory.replicates("RN", [8.3, 8.0])
    results = load(factory.write(), "planted")
    assert compare_arms(results, "test.error")["RN"].more_seeds() is None
    assert any("RN (no difference measured)" in note for note in table(results).notes)


def test_equal_differences_do_not_say_how_many_seeds_would_decide(factory: StudyFactory) -> None:
    factory.arm("Softmax")
    factory.arm("RN", RN)
    factory.replicates("Softmax", [8.0, 8.3, 0.3])
    factory.replicates("RN", [8.1, 8.4, 0.1 + 0.3])
    results = load(factory.write(), "planted")
    comparison = compare_arms(results, "test.error")["RN"]
    assert (comparison.effect, comparison.more_seeds()) == (None, None)
    said = "cannot be said: the differences show no spread"
    assert any(f"RN ({said})" in note for note in table(results).notes)
    assert said in table(results, "comparisons").rows[0].cells["conclusion"].text


def test_the_same_trials_under_two_names_are_one_comparison(factory: StudyFactory) -> None:
    factory.arm("Softmax")
    factory.arm("RN", RN)
    factory.replicates("Softmax", [8.0, 8.4, 8.1])
    factory.replicates("RN", [7.0, 7.5, 7.3])
    alone = compare_arms(load(factory.write(), "planted"), "test.error")["RN"]
    factory.arm("RN again", RN)
    factory.trials += [{**t, "arm": "RN again"} for t in factory.trials if t["arm"] == "RN"]
    compared = compare_arms(load(factory.write(), "planted"), "test.error")
    assert {name: each.family for name, each in compared.items()} == {"RN": 1, "RN again": 1}
    assert {each.adjusted_p for each in compared.values()} == {alone.adjusted_p}


def test_an_arm_is_compared_with_the_same_without_incay(factory: StudyFactory) -> None:
    factory.arm("Softmax")
    factory.arm("RN + Softmax", RN)
    factory.arm("L-Softmax", {"loss.name": "l-softmax"})
    factory.arm("RN + L-Softmax", {"loss.name": "l-softmax", **RN})
    factory.arm("RN + Hinge", {"loss.name": "hinge", **RN})
    assert references(load(factory.write(), "planted")) == {
        "RN + Softmax": "Softmax",
        "L-Softmax": "Softmax",
        "RN + L-Softmax": "L-Softmax",
        "RN + Hinge": "Softmax",
    }


def test_each_data_set_has_its_own_baseline(factory: StudyFactory) -> None:
    cifar = {"dataset.name": "cifar10", "network.name": "cifar10"}
    factory.arm("Softmax, MNIST")
    factory.arm("RN + Softmax, MNIST", RN)
    factory.arm("L-Softmax, CIFAR10", {**cifar, "loss.name": "l-softmax"})
    factory.arm("Softmax, CIFAR10", cifar)
    assert references(load(factory.write(), "planted")) == {
        "RN + Softmax, MNIST": "Softmax, MNIST",
        "L-Softmax, CIFAR10": "Softmax, CIFAR10",
    }


def test_weight_zero_is_no_incay(factory: StudyFactory) -> None:
    factory.arm("λ = 0", incay(0.0))
    factory.arm("λ = 1", incay(1.0))
    assert references(load(factory.write(), "planted")) == {"λ = 1": "λ = 0"}


def test_an_arm_of_the_same_trials_is_not_compared(factory: StudyFactory) -> None:
    factory.arm("Softmax")
    factory.arm("λ = 0")
    factory.replicates("Softmax", [8.0, 9.0])
    factory.trials += [{**trial, "arm": "λ = 0"} for trial in factory.trials]
    assert references(load(factory.write(), "planted")) == {}


def test_comparisons_table_counts_discordant_images(factory: StudyFactory) -> None:
    factory.arm("Softmax")
    factory.arm("RN", RN)
    label = np.arange(40) % 10
    for number in range(3):
        for arm, wrong in (("Softmax", 12), ("RN", 2)):
            prediction = label.copy()
            prediction[:wrong] = (prediction[:wrong] + 1) % 10
            prediction[-1 - number] = 0 if arm == "RN" else prediction[-1 - number]
            samples = samples_of(label, prediction)
            error = 100.0 * float((prediction != label).mean())
            factory.trial(arm, number, {"test.error": error}, samples=samples)
    built = table(load(factory.write(), "planted"), "comparisons")
    (row,) = built.rows
    assert row.name == "RN − Softmax"
    assert row.cells["fixed"].value == 10.0
    assert row.cells["added"].value == 1.0
    assert row.cells["mcnemar"].text == "3 of 3 pairs"
    assert len(row.cells["mcnemar"].fingerprints) == 6


def test_comparisons_table_has_companions_without_a_normal_distribution(
    factory: StudyFactory,
) -> None:
    factory.arm("Softmax")
    factory.arm("RN", RN)
    factory.arm("LN", incay(form="linear"))
    factory.replicates("Softmax", [8.0, 8.4, 8.1, 8.3])
    factory.replicates("RN", [7.5, 8.5, 7.3, 7.0])
    factory.replicates("LN", [7.0, 7.4, 7.1, 7.3])
    built = table(load(factory.write(), "planted"), "comparisons")
    few, equal = (row.cells for row in built.rows)
    assert few["improvement"].value == 0.75
    assert few["wilcoxon"].value == 0.25
    assert few["bootstrap"].value == pytest.approx(-0.625)
    low, high = few["bootstrap"].interval or (0.0, 0.0)
    assert low < -0.625 < high
    assert (equal["bootstrap"].reason, equal["wilcoxon"].value) == ("no spread", 0.125)
    shown = render(built, "markdown")
    assert "0.75 (0.19 to 0.99)" in shown
    assert f" (−{abs(low):.2f} to " in shown
    frame = built.to_pandas().set_index("arms")
    assert frame.loc["RN − Softmax", "improvement.high"] == pytest.approx(0.9937, abs=1e-4)
    assert frame.loc["LN − Softmax", "bootstrap.missing"] == "no spread"
