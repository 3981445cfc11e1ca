"""What `confirm` declares: after how many seeds a study looks at its test results."""

from __future__ import annotations

from pathlib import Path

import pytest

from incay.study.errors import StudyError
from incay.study.spec.reading.document import load_document
from incay.study.spec.reading.overrides import apply_overrides
from incay.study.spec.study import StudySpec, parse_study


def study(folder: Path, confirm: str, *settings: str, seeds: int | None = None) -> StudySpec:
    path = folder / "own.yaml"
    path.write_text(
        "name: own\n"
        "arms:\n"
        "  Softmax: {}\n"
        "  RN: {incay: {form: reciprocal, weight: 0.1}}\n"
        f"confirm: {confirm}\n"
    )
    document = load_document(path)
    apply_overrides(document, settings, seeds=seeds)
    return parse_study(document)


@pytest.mark.parametrize(
    ("confirm", "looks"),
    [
        ("{seeds: 4}", (4,)),
        ("{seeds: [7, 3, 9]}", (3,)),
        ("{looks: [5, 10, 20, 40]}", (5, 10, 20, 40)),
        ("{looks: [3, 6], seeds: 6}", (3, 6)),
        ("{looks: [2, 3], seeds: [4, 8, 6]}", (2, 3)),
        ("{seeds: 5, until: decided, at_most: 40}", (5, 10, 20, 40)),
        ("{until: decided}", (5, 10, 20, 40)),
        ("{seeds: 5, until: decided, at_most: 22}", (5, 10, 22)),
        ("{seeds: 3, until: decided, at_most: 4}", (3, 4)),
    ],
)
def test_looks_are_those_declared(tmp_path: Path, confirm: str, looks: tuple[int, ...]) -> None:
    spec = study(tmp_path, confirm)
    assert spec.looks == looks
    assert spec.replicates == looks[-1] == len(spec.confirm_seeds)


def test_a_number_of_seeds_on_the_command_line_is_one_look(tmp_path: Path) -> None:
    assert study(tmp_path, "{looks: [5, 10]}", seeds=3).looks == (3,)


def test_the_first_seeds_are_those_of_a_study_of_fewer(tmp_path: Path) -> None:
    few, many = study(tmp_path, "{seeds: 5}"), study(tmp_path, "{looks: [5, 10]}")
    assert many.confirm_seeds[:5] == few.confirm_seeds
    assert many.run != few.run


@pytest.mark.parametrize(
    ("confirm", "key", "said"),
    [
        ("{looks: [10, 5]}", "looks", "must ascend"),
        ("{looks: [5, 5]}", "looks", "must ascend"),
        ("{looks: []}", "looks", "a list of numbers of seeds"),
        ("{looks: [1, 5]}", "looks", "at least 2"),
        ("{looks: 5}", "looks", "a list of numbers of seeds"),
        ("{looks: [5, 10], seeds: 5}", "seeds", "the last look's 10"),
        ("{looks: [2, 4], seeds: [1, 2, 3]}", "seeds", "as many seeds as the last look has (4)"),
        ("{looks: [5, 10], until: decided}", "until", "one of the two must go"),
        ("{looks: [5, 10], at_most: 40}", "at_most", "one of the two must go"),
        ("{at_most: 40}", "at_most", "must stand beside"),
        ("{spending: pocock}", "spending", "must stand beside"),
        ("{seeds: [1, 2, 3], until: decided}", "seeds", "how many seeds the first look has"),
        ("{seeds: 1, until: decided}", "seeds", "at least 2 seeds"),
        ("{seeds: 5, until: decided, at_most: 5}", "at_most", "more than the first look's 5"),
        ("{looks: [5, 10], spending: bonferroni}", "spending", "obrien-fleming"),
        ("{until: significant}", "until", "decided"),
    ],
)
def test_what_contradicts_itself_is_refused(
    tmp_path: Path, confirm: str, key: str, said: str
) -> None:
    with pytest.raises(StudyError) as refused:
        study(tmp_path, confirm)
    assert f"own.yaml:5: confirm.{key}: " in str(refused.value)
    assert said in str(refused.value)
