"""Study files: what is written is what is meant, and every error names file and line."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from incay.study.errors import StudyError
from incay.study.spec.catalog import built_in_studies, find_study
from incay.study.spec.reading.document import load_document
from incay.study.spec.reading.overrides import apply_overrides
from incay.study.spec.settings import dotted
from incay.study.spec.study import StudySpec, parse_study

GOOD = """\
name: example
base:
  dataset: digits
  network: {name: mnist-2d, width: 0.5}
  optimizer.lr: 0.01
  steps: 100
arms:
  Softmax: {}
  RN:
    incay: {form: reciprocal, weight: 1e-1, threshold: 3 x mean}
  L-Softmax:
    loss: {name: l-softmax, margin: 2}
search:
  all arms:
    optimizer.weight_decay: log 1e-5 .. 1e-2
  RN:
    incay.weight: log 1e-3 .. 1e3
budget: {trials: 4}
"""


@pytest.fixture
def parse(tmp_path: Path) -> Any:
    def parsed(text: str, *settings: str, seeds: int | None = None) -> StudySpec:
        path = tmp_path / "study.yaml"
        path.write_text(text)
        document = load_document(path)
        apply_overrides(document, settings, seeds=seeds)
        return parse_study(document)

    return parsed


def test_a_good_file(parse):
    spec = parse(GOOD)
    softmax, rn, l_softmax = spec.arms
    assert spec.baseline == "Softmax"
    assert dict(softmax.difference) == {}
    assert rn.difference["incay.weight"] == 0.1
    assert rn.config.incay.threshold == "3 x mean"
    assert list(rn.search) == ["optimizer.weight_decay", "incay.weight"]
    assert list(l_softmax.search) == ["optimizer.weight_decay"]
    assert dotted(l_softmax.config)["loss.margin"] == 2
    assert all(arm.config.optimizer.lr == 0.01 for arm in spec.arms)


def test_settings_change_base_arms_and_study(parse):
    spec = parse(
        GOOD,
        "steps=7",
        "network.width=0.25",
        "arms.RN.incay.weight=5",
        "arms.L-Softmax.loss.margin=3",
        "search.RN.incay.weight=log 1 .. 10",
        "budget.trials=2",
        seeds=9,
    )
    assert {arm.config.steps for arm in spec.arms} == {7}
    assert {arm.config.network.width for arm in spec.arms} == {0.25}
    assert spec.arms[1].config.incay.weight == 5.0
    assert spec.arms[2].config.loss.margin == 3
    assert spec.arms[1].search["incay.weight"] == "log 1 .. 10"
    assert spec.budget.trials == 2
    assert spec.replicates == 9


def test_another_question_or_place_is_the_same_run_but_other_settings_are_not(parse):
    run = parse(GOOD).run
    assert parse(GOOD + "question: Why?\nresources: {cpu: 2}\n").run == run
    assert parse(GOOD, "steps=101").run != run
    assert parse(GOOD, seeds=2).run != run


def test_a_component_of_another_name_replaces_the_whole(parse):
    text = GOOD.replace("  steps: 100", "  steps: 100\n  loss: {name: center, center_weight: 0.1}")
    spec = parse(text)
    assert spec.arms[0].config.loss.center_weight == 0.1
    assert spec.arms[2].config.loss.name == "l-softmax"


BAD = {
    "unknown loss": ("name: l-softmax, margin: 2", "name: l-sofmax, margin: 2", 12, "l-softmax"),
    "misspelt key": ("margin: 2", "marign: 2", 12, "did you mean 'margin'"),
    "margin out of range": ("margin: 2", "margin: 5", 12, "margin in {1, 2, 3, 4}"),
    "negative weight": ("weight: 1e-1", "weight: -1", 10, "weight >= 0"),
    "misspelt threshold": ("3 x mean", "3 x maen", 10, "threshold must be"),
    "wrong type": ("steps: 100", "steps: many", 6, "steps must be a whole number"),
    "float for int": ("steps: 100", "steps: 1.5", 6, "steps must be a whole number"),
    "text for number": ("optimizer.lr: 0.01", "optimizer.lr: fast", 5, "must be a number"),
    "zero steps": ("steps: 100", "steps: 0", 6, "steps >= 1"),
    "unknown base key": ("steps: 100", "stepz: 100", 6, "did you mean 'steps'"),
    "unknown top key": ("budget:", "budgets:", 18, "did you mean 'budget'"),
    "empty range": ("log 1e-3 .. 1e3", "log 1e3 .. 1e-3", 17, "it is empty"),
    "range to zero": ("log 1e-3 .. 1e3", "log 0 .. 1", 17, "LOW > 0"),
    "no range": ("log 1e-3 .. 1e3", "a lot", 17, "LOW .. HIGH"),
    "range beyond": ("log 1e-3 .. 1e3", "-1.0 .. 1.0", 17, "weight >= 0"),
    "searched setting unknown": ("incay.weight:", "incay.wieght:", 17, "incay.weight"),
    "search of no arm": (
        "  RN:\n    incay.weight",
        "  RM:\n    incay.weight",
        16,
        "one of all arms, Softmax, RN",
    ),
    "budget of none": ("trials: 4", "trials: 0", 18, "must be at least 1, but got 0"),
    "unknown form": ("form: reciprocal", "form: inverse", 10, "incay form must be one of"),
    "unknown data set": ("dataset: digits", "dataset: digit", 3, "did you mean 'digits'"),
    "seed by hand": ("steps: 100", "seed: 1", 6, "derived"),
    "key twice": ("steps: 100", "steps: 100\n  steps: 5", 7, "given once"),
    "not YAML": ("steps: 100", "steps: [100", 7, "plain YAML"),
    "a tag": ("steps: 100", "steps: !!python/object:os.system 1", 6, "tag"),
    "boolean weight": ("weight: 1e-1", "weight: true", 10, "must be a number"),
    "name": ("name: example", "name: Ex ample", 1, "name: must be 1 to 80 lower-case letters"),
    "no name": ("name: example", "question: Why?", 1, "the key 'name' must be given"),
    "no mapping": ("budget: {trials: 4}", "confirm: 5", 18, "a mapping, such as {seeds: 5}"),
    "a negative seed": (
        "budget: {trials: 4}",
        "confirm: {seeds: [-1, 0]}",
        18,
        "a whole number of at least 1, or a list of whole numbers of at least 0, but got [-1, 0]",
    ),
    "half a seed": ("budget: {trials: 4}", "confirm: {seeds: 1.5}", 18, "at least 1, or a list"),
    "a choice": ("trials: 4", "sampler: tp", 18, "one of tpe, random, grid, gp, cmaes, quasi"),
    "a trial's choice": ("weight: 1e-1", "weight: 1e-1, gate: some", 10, "all, correct, incorrect"),
    "text for a count": ("trials: 4", "trials: many", 18, "must be a whole number, but got 'many'"),
    "a weight without a form": (
        "form: reciprocal, weight",
        "weight",
        10,
        "reciprocal, ring, safn where weight > 0, but is none",
    ),
    "its own norm": ("3 x mean", "'3 x arm:RN'", 10, "an arm cannot wait for its own norm"),
    "the suggestion first": (
        "incay.weight:",
        "incay.wieght:",
        17,
        "study.yaml:17: search.RN.incay.wieght: did you mean 'incay.weight'? A key must be one of",
    ),
    "mixed milestones": (
        "steps: 100",
        "schedule: {milestones: [50, 0.75]}",
        6,
        "all steps or all shares of the steps, but are [50, 0.75]",
    ),
    "milestones beyond the steps": (
        "  steps: 100",
        "  steps: 100\n  schedule: {milestones: [50, 100]}",
        7,
        "milestones must lie below steps=100, but are [50, 100]",
    ),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_input_names_file_line_and_what_must_hold(case, parse):
    old, new, line, expected = BAD[case]
    assert old in GOOD
    with pytest.raises(StudyError) as caught:
        parse(GOOD.replace(old, new, 1))
    message = str(caught.value)
    assert f"study.yaml:{line}:" in message, message
    assert expected in message
    assert "\n" not in message
    for word in ("instance", "dictionary", "pattern", "integer", "a valid", "Input"):
        assert word not in message


def test_a_long_list_of_keys_is_cut(parse):
    with pytest.raises(StudyError) as caught:
        parse(GOOD.replace("incay.weight:", "incay.wieght:"))
    listed = str(caught.value).partition("one of ")[2].partition(", but ")[0].split(", ")
    assert len(listed) < 24
    assert {"augment.…", "loss.…", "steps"} <= set(listed)  # every part, the near one whole
    assert "incay.weight" in listed
    assert ", but got 'incay.wieght'" in str(caught.value)


@pytest.mark.parametrize(
    ("setting", "expected"),
    [
        ("steps", "path=value"),
        ("stepz=3", "did you mean 'steps'"),
        ("arms.L-Softmax.loss.margin=5", "margin in {1, 2, 3, 4}"),
        ("incay.weight=3", "arms.RN.incay.weight"),
        ("steps=[1", "plain YAML"),
    ],
)
def test_a_bad_setting_names_itself(setting, expected, parse):
    with pytest.raises(StudyError) as caught:
        parse(GOOD, setting)
    assert f"--set {setting}" in str(caught.value)
    assert expected in str(caught.value)


def test_choosing_by_the_test_set_is_refused(parse):
    with pytest.raises(StudyError, match=r"study\.yaml:19: objective\.metric.*leak"):
        parse(GOOD + "objective: {metric: test.error}\n")
    with pytest.raises(StudyError, match="protocol 'paper'"):
        parse(GOOD + "protocol: paper\n")


def test_one_range_for_what_several_arms_search(parse):
    text = GOOD.replace(
        "    incay.weight: log",
        "    optimizer.weight_decay: log 1e-4 .. 1e-2\n    incay.weight: log",
    )
    with pytest.raises(StudyError, match=r"study\.yaml:17: .*'RN' searches .*unequal_ranges"):
        parse(text)
    assert parse(text + "unequal_ranges: true\n").arms[1].search


def test_strengths_of_different_methods_have_ranges_of_their_own(parse):
    arm = "  SAFN:\n    incay: {form: safn, weight: 0.1}\nsearch:\n"
    own = "search:\n  SAFN:\n    incay.weight: log 1e-4 .. 1e1\n"
    text = GOOD.replace("search:\n", arm).replace("search:\n", own)
    assert parse(text).arms[-1].search["incay.weight"] == "log 1e-4 .. 1e1"
    with pytest.raises(StudyError, match="must have one range"):
        parse(text.replace("form: safn", "form: reciprocal"))


UNTUNED = """\
name: untuned
base: {dataset: digits, steps: 100}
arms:
  Softmax: {}
  RN: {incay: {form: reciprocal, weight: 0.1}}
search:
  RN:
    incay.weight: log 1e-3 .. 10
"""


def test_an_arm_that_could_be_searched_must_be(parse):
    assert [len(arm.search) for arm in parse(UNTUNED).arms] == [0, 1]
    tuned = UNTUNED + "    optimizer.lr: log 1e-3 .. 1\n"
    with pytest.raises(StudyError, match=r"study\.yaml:9: .*'RN' searches optimizer\.lr and 'Soft"):
        parse(tuned)
    assert parse(tuned + "unequal_ranges: true\n").arms[1].search


def test_a_table_that_does_not_exist_is_refused_before_anything_runs(parse):
    with pytest.raises(StudyError, match=r"study\.yaml:\d+: .*did you mean 'paper-b-table-2'"):
        parse(UNTUNED + "table: paper-b-table2\n")


def test_a_file_that_is_not_there_or_no_study():
    with pytest.raises(StudyError, match="did you mean 'quickstart'"):
        find_study("quikstart")
    with pytest.raises(StudyError, match="must exist"):
        find_study("nowhere/study.yaml")


@pytest.mark.parametrize("path", built_in_studies(), ids=lambda path: path.stem)
def test_built_in_studies_are_good_and_named_like_their_files(path):
    spec = parse_study(load_document(path))
    assert spec.name == path.stem
    assert spec.question.endswith("?")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("arms: [A, B]", "arms must be a mapping"),
        ("arms: {A: text}", "an arm must be a mapping"),
        ("arms: {A: {loss: {name: [1]}}}", "loss must be one of"),
        ("search: [A]", "search must be a mapping"),
    ],
)
def test_an_override_of_a_wrong_file_leaves_the_file_to_be_refused(text, expected, parse):
    for settings in ((), ("loss.margin=2",), ("arms.A.steps=3",)):
        with pytest.raises(StudyError, match=r"study\.yaml|--set"):
            parse(f"name: t\n{text}\n", *settings)
    with pytest.raises(StudyError, match=expected):
        parse(f"name: t\n{text}\n", "optimizer.lr=0.1")


def test_an_override_by_a_mapping_may_hold_dotted_keys_and_is_where_its_settings_stand(parse):
    spec = parse(GOOD, "arms.RN={incay.form: log, incay: {weight: 2}}")
    assert (spec.arms[1].config.incay.form, spec.arms[1].config.incay.weight) == ("log", 2.0)
    with pytest.raises(StudyError, match=r"^--set optimizer=\{lr: fast\}: base\.optimizer\.lr"):
        parse(GOOD, "optimizer={lr: fast}")
