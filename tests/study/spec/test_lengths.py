"""`epochs` says steps: the same trials, whatever way their length is given."""

from __future__ import annotations

import pytest

from incay.study.errors import StudyError
from incay.study.spec.reading.document import Document
from incay.study.spec.reading.overrides import apply_overrides
from incay.study.spec.study import StudySpec, parse_study

MNIST_EPOCH = 469  # 60,000 images in batches of 128, the last one filled up


def parse(base: object, *settings: str, **values: object) -> StudySpec:
    document = Document("study.yaml", {"name": "t", "base": base, **values})
    apply_overrides(document, settings)
    return parse_study(document)


def steps(base: object, *settings: str, **values: object) -> list[int]:
    return [arm.config.steps for arm in parse(base, *settings, **values).arms]


def refusal(base: object, *settings: str, **values: object) -> str:
    with pytest.raises(StudyError) as caught:
        parse(base, *settings, **values)
    return str(caught.value)


@pytest.mark.parametrize(
    ("base", "expected"),
    [
        ({"dataset": "mnist", "epochs": 1}, MNIST_EPOCH),
        ({"dataset": "mnist", "epochs": 0.5}, 235),
        ({"dataset": "cifar10", "epochs": 3, "batch_size": 100}, 1500),
        ({"dataset": "digits", "epochs": 2, "batch_size": 32}, 90),  # 1,437 images
    ],
)
def test_epochs_are_steps_by_the_published_training_images(base, expected):
    assert steps(base) == [expected]


def test_a_trial_of_epochs_is_the_trial_of_as_many_steps():
    by_epochs = parse({"dataset": "mnist", "epochs": 1}).arms[0].config
    assert by_epochs == parse({"dataset": "mnist", "steps": MNIST_EPOCH}).arms[0].config


def test_an_arm_replaces_the_length_of_the_base_in_either_unit():
    both = {"Long": {"epochs": 2}, "Short": {"steps": 10}}
    expected = [2 * MNIST_EPOCH, 10]
    for length in ({"steps": 5}, {"epochs": 5}):
        assert steps({"dataset": "mnist", **length}, arms=both, factor="steps") == expected


def test_a_grid_may_be_of_epochs():
    arms = {"RN": {"grid": {"epochs": [1, 2]}}}
    assert steps({"dataset": "mnist"}, arms=arms, factor="steps") == [
        MNIST_EPOCH,
        2 * MNIST_EPOCH,
    ]


@pytest.mark.parametrize("length", [{"steps": 5}, {"epochs": 5}])
def test_set_replaces_the_length_in_either_unit(length):
    base = {"dataset": "mnist", **length}
    assert steps(base, "epochs=1") == [MNIST_EPOCH]
    assert steps(base, "steps=7") == [7]
    assert steps(base, "steps=7", "epochs=1") == [MNIST_EPOCH]


def test_set_is_refused_where_an_arm_hides_it_in_the_other_unit():
    message = refusal({"dataset": "mnist"}, "steps=7", arms={"A": {"epochs": 1}})
    assert "'A' give steps themselves" in message


@pytest.mark.parametrize("epochs", [0, -1, float("inf"), float("nan"), "many", True, None, [1]])
def test_epochs_must_be_a_positive_number(epochs):
    assert "base.epochs: epochs must be" in refusal({"dataset": "mnist", "epochs": epochs})


def test_both_units_in_one_place_are_refused():
    message = refusal({"dataset": "mnist", "epochs": 1, "steps": 3})
    assert "base.epochs: either steps or epochs must be given, but both are" in message
    message = refusal({"dataset": "mnist"}, arms={"A": {"epochs": 1, "steps": 3}})
    assert "arms.A.epochs" in message or "epochs: either" in message


def test_epochs_of_a_set_whose_files_alone_tell_its_size_are_refused():
    message = refusal({"dataset": "image_folder", "epochs": 1})
    assert "steps must be given (epochs x training images / batch_size)" in message
    assert "'image_folder'" in message


def test_epochs_and_a_searched_batch_size_do_not_go_together():
    base = {"dataset": "mnist", "epochs": 1}
    message = refusal(base, search={"all arms": {"batch_size": [64, 128]}})
    assert "a study that searches batch_size must give steps" in message


def test_epochs_may_be_declared_as_what_is_under_test():
    arms = {"One": {"epochs": 1}, "Two": {"epochs": 2}}
    study = parse({"dataset": "mnist"}, arms=arms, factor="epochs")
    assert study.header.factors == ("steps",)


def test_epochs_are_not_searched():
    message = refusal({"dataset": "mnist"}, search={"all arms": {"epochs": "1 .. 5"}})
    assert "epochs must not be searched" in message
