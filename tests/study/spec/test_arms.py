"""Grids, component ablation and what makes a comparison unfair, at the study's border."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from incay.study.errors import StudyError
from incay.study.spec.reading.document import load_document
from incay.study.spec.reading.overrides import apply_overrides
from incay.study.spec.study import StudySpec, parse_study
from incay.trainables import metrics
from incay.trainables.training.evaluate import Samples

HEAD = "name: x\nbase: {dataset: digits, steps: 10}\n"


def parsed(tmp_path: Path, text: str) -> StudySpec:
    path = tmp_path / "study.yaml"
    path.write_text(HEAD + text)
    return parse_study(load_document(path))


def refused(tmp_path: Path, text: str) -> str:
    with pytest.raises(StudyError) as caught:
        parsed(tmp_path, text)
    return str(caught.value)


def test_a_grid_makes_an_arm_of_each_combination(tmp_path: Path) -> None:
    spec = parsed(
        tmp_path,
        "arms:\n"
        "  Softmax: {}\n"
        "  RN {incay.weight}:\n"
        "    incay: {form: reciprocal}\n"
        "    grid: {incay.weight: [1e+3, 0.1, 0], incay.gate: [all, correct]}\n",
    )
    assert [arm.name for arm in spec.arms][:4] == [
        "Softmax",
        "RN 1000 incay.gate=all",
        "RN 1000 incay.gate=correct",
        "RN 0.1 incay.gate=all",
    ]
    assert len(spec.arms) == 7
    assert [arm.config.incay.weight for arm in spec.arms[1:]] == [1e3, 1e3, 0.1, 0.1, 0, 0]


def test_a_cell_of_a_grid_is_not_searched(tmp_path: Path) -> None:
    spec = parsed(
        tmp_path,
        "arms:\n"
        "  RN:\n"
        "    incay: {form: reciprocal}\n"
        "    grid: {incay.weight: [1, 0.1]}\n"
        "search: {all arms: {optimizer.weight_decay: log 1e-5 .. 1e-2}}\n",
    )
    assert all(set(arm.search) == {"optimizer.weight_decay"} for arm in spec.arms)


def test_ablation_takes_one_part_away_at_a_time(tmp_path: Path) -> None:
    spec = parsed(
        tmp_path,
        "arms:\n"
        "  Plain: {}\n"
        "  Full: {incay: {form: reciprocal, weight: 0.1}, augment.crop_padding: 4}\n"
        "ablation: {of: Full, parts: [incay, augment]}\n",
    )
    found = {arm.name: arm for arm in spec.arms}
    assert list(found) == ["Plain", "Full", "Full without incay", "Full without augment"]
    assert set(found["Full without incay"].difference) == {"augment.crop_padding"}
    assert {name.split(".")[0] for name in found["Full without augment"].difference} == {"incay"}


@pytest.mark.parametrize(
    ("text", "place", "message"),
    [
        ("arms: {A: {}, B: {grid: {incay.weight: 3}}}", "arms.B.grid.incay.weight", "list"),
        ("arms: {A: {}, B: {grid: [1]}}", "arms.B.grid", "must map settings to lists"),
        ("arms: {A: {}, B: {grid: {incay.wieght: [1]}}}", "wieght", "did you mean"),
        ("arms: {A: {}}\nablation: {of: B, parts: [incay]}", "ablation.of", "'B'"),
        ("arms: {A: {}}\nablation: {of: A, parts: [inkay]}", "ablation.parts", "inkay"),
        (
            "factor: incay\narms: {A: {}, B: {batch_size: 64}}",
            "arms.B.batch_size",
            "every arm must have the same batch_size as 'A'",
        ),
        (
            "factor: incay\narms: {A: {}, B: {optimizer.lr: 0.5}}",
            "arms.B.optimizer.lr",
            "must differ from 'A' in the declared factor (incay) only",
        ),
        ("arms: {A: {}, B: {steps: 20}}", "arms.B.steps", "factor: steps"),
        (
            "arms: {A: {}, B: {}}\n"
            "search: {A: {optimizer.lr: 0.1 .. 0.2}, B: {optimizer.lr: 0.1 .. 0.3}}",
            "search.B.optimizer.lr",
            "one range, but 'B' searches '0.1 .. 0.3' and 'A' '0.1 .. 0.2'",
        ),
        (
            "factor: incay\narms: {A: {}, B: {}}\nsearch: {B: {optimizer.lr: 0.1 .. 0.3}}",
            "search.B.optimizer.lr",
            "must be searched in every arm or in none",
        ),
        (
            "search: {all arms: {optimizer.lr: 0.1 .. 0.2}}\nobjective: {metric: test.error}",
            "objective.metric",
            "would leak what the study is to measure",
        ),
        (
            "search: {all arms: {optimizer.lr: 0.1 .. 0.2}}\nobjective: {also: {test.norm: max}}",
            "objective.also",
            "'test.norm'",
        ),
        (
            "search: {all arms: {optimizer.lr: 0.1 .. 0.2}}\nprotocol: paper",
            "protocol",
            "must search nothing",
        ),
        (
            "search: {all arms: {optimizer.lr: 0.1 .. 0.2}}\nbudget: {seed: 7}\n"
            "confirm: {seeds: [5, 7]}",
            "confirm.seeds",
            "7 is budget.seed",
        ),
        ("confirm: {seeds: [5, 5]}", "confirm.seeds", "distinct"),
        ("arms: {A: {split.test: final}}", "arms.A.split.test", "the protocol decides"),
        (
            "search: {all arms: {optimizer.lr: 0.1 .. 0.2}}\nobjective: {metric: val.erorr}",
            "objective.metric",
            "a metric of the validation split, but got 'val.erorr' (did you mean 'val.error'?)",
        ),
        (
            "search: {all arms: {optimizer.lr: 0.1 .. 0.2}}\narms: {A: {split.validation: 0}}",
            "arms.A.split.validation",
            "a search must have a validation split of more than 0",
        ),
    ],
)
def test_an_unfair_or_wrong_study_is_refused_by_line_arm_and_key(
    tmp_path: Path, text: str, place: str, message: str
) -> None:
    said = refused(tmp_path, text)
    assert said.startswith(f"{tmp_path / 'study.yaml'}:")
    assert place in said
    assert message in said


@pytest.mark.parametrize(
    ("setting", "close"),
    [("arms.RN + Sotfmax.incay.weight=1", "RN + Softmax"), ("search.all arm.lr=1", "all arms")],
)
def test_an_override_of_an_arm_that_is_not_there_is_refused(
    tmp_path: Path, setting: str, close: str
) -> None:
    path = tmp_path / "study.yaml"
    path.write_text(HEAD + "arms: {Softmax: {}, RN + Softmax: {}}\n")
    with pytest.raises(StudyError, match="must be followed by an arm of the study") as caught:
        apply_overrides(load_document(path), [setting])
    assert f"did you mean {close!r}?" in str(caught.value)


def test_evaluation_measures_what_an_objective_may_name() -> None:
    one = torch.ones(2)
    samples = Samples(one.long(), one.long(), one, one, torch.ones(2, 2))
    assert set(samples.metrics()) == {quantity.name for quantity in metrics.EVALUATED}


def test_what_is_unequal_on_purpose_is_allowed(tmp_path: Path) -> None:
    spec = parsed(
        tmp_path,
        "unequal_ranges: true\narms: {A: {}, B: {}}\n"
        "search: {A: {optimizer.lr: 0.1 .. 0.2}, B: {optimizer.lr: 0.1 .. 0.3}}",
    )
    assert spec.searches
    assert parsed(tmp_path, "factor: steps\narms: {A: {}, B: {steps: 20}}").arms[1].config.steps
