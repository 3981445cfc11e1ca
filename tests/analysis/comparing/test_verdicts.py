"""Verdicts beside published numbers: of like things alone, and as planted."""

from __future__ import annotations

import pytest
from built_tables import built, cell
from study_factory import RN, StudyFactory


@pytest.mark.parametrize(
    ("difference", "said"),
    [
        ({"dataset.name": "digits"}, "measured on digits, published on MNIST"),
        ({"network.name": "mnist"}, "measured with network mnist, the paper's is mnist-2d"),
        ({"network.width": 0.5}, "measured with 0.5 times the paper's channels"),
        ({"steps": 300}, "measured after 300 of the paper's 10,000 steps"),
    ],
)
def test_unlike_things_get_no_verdict(
    factory: StudyFactory, difference: dict[str, object], said: str
) -> None:
    like = {"steps": 10_000}
    factory.arm("Softmax", {**like, **difference})
    factory.replicates("Softmax", [11.4, 11.3, 11.35])
    accuracy = cell(built(factory, "paper-b-table-2"), "Softmax", "accuracy")
    assert accuracy.published is not None
    assert accuracy.published.verdict is None
    assert accuracy.notes == (f"Not of the same thing: {said}.",)


def test_each_column_of_error_rates_has_its_own_network_and_steps(factory: StudyFactory) -> None:
    factory.arm("Softmax", {"network.name": "mnist-2d", "steps": 60})
    factory.replicates("Softmax", [0.35, 0.36, 0.34])
    error = cell(built(factory, "paper-a-table-2"), "Softmax", "MNIST")
    assert error.published is not None
    assert error.published.verdict is None
    assert error.notes == (
        "Not of the same thing: measured with network mnist-2d, the paper's is mnist.",
        "Not of the same thing: measured after 60 of the paper's 10,000 steps.",
    )


def test_like_things_get_a_verdict(factory: StudyFactory) -> None:
    factory.arm("Softmax", {"steps": 10_000, "network.width": 1.0})
    factory.replicates("Softmax", [11.4, 11.3, 11.35], [100.0, 110.0, 90.0])
    shown = built(factory, "paper-b-table-2")
    verdicts = [cell(shown, "Softmax", key).published for key in ("accuracy", "norm")]
    assert [each and each.verdict for each in verdicts] == ["reproduced", "different"]


@pytest.mark.parametrize(
    ("rates", "said"),
    [
        ((0.1, 0.1), ""),
        ((0.01, 0.01), "Trained from a learning rate of 0.01, the paper from 0.1"),
        ((0.1, 0.05), "Trained from a learning rate of 0.05, the paper from 0.1"),
    ],
)
def test_verdicts_tell_of_another_learning_rate(
    factory: StudyFactory, rates: tuple[float, float], said: str
) -> None:
    for arm, rate in zip(("Softmax", "L-Softmax"), rates, strict=True):
        factory.arm(arm, {"steps": 10_000, "optimizer.lr": rate})
        factory.replicates(arm, [11.4, 11.3, 11.35])
    notes = [note for note in built(factory, "paper-b-table-2").notes if "Trained from" in note]
    assert [note.partition(":")[0] for note in notes] == ([said] if said else [])


def test_planted_cases_come_out_so(factory: StudyFactory) -> None:
    """Published: 88.62 (softmax), 89.44 (RN + softmax), 89.91 (L-softmax), within 1 point."""
    planted = {
        "Softmax": ([11.4, 11.3, 11.5], "reproduced"),
        "RN + Softmax": ([5.0, 5.2, 5.1], "different"),
        "L-Softmax": ([7.0, 12.0, 11.0], "undecided"),
    }
    for arm, (errors, _) in planted.items():
        factory.arm(arm, RN if arm.startswith("RN") else {})
        factory.replicates(arm, errors)
    shown = built(factory, "paper-b-table-2")
    verdicts = {arm: cell(shown, arm, "accuracy").published for arm in planted}
    assert {arm: each and each.verdict for arm, each in verdicts.items()} == {
        arm: verdict for arm, (_, verdict) in planted.items()
    }
