"""Fingerprints: equal for what computes the same, different for anything else."""

from __future__ import annotations

from dataclasses import replace

import pytest

from incay.trainables.config import TrialConfig
from incay.trainables.fingerprint import code_files, fingerprint
from incay.trainables.incay.settings import IncaySettings
from incay.trainables.losses.l_softmax import LSoftmaxSettings
from incay.trainables.optimizers.sgd import SGDSettings

BASE = TrialConfig()


def test_round_trip_through_plain_values():
    config = replace(
        BASE,
        loss=LSoftmaxSettings(margin=2),
        incay=IncaySettings(form="reciprocal", weight=0.1, threshold="3 x mean", gate="correct"),
    )
    assert TrialConfig.from_dict(config.to_dict()) == config


@pytest.mark.parametrize(
    "other",
    [
        replace(BASE, seed=1),
        replace(BASE, steps=9),
        replace(BASE, loss=LSoftmaxSettings()),
        replace(BASE, incay=IncaySettings(form="reciprocal", weight=0.1)),
        replace(BASE, optimizer=SGDSettings(lr=0.05)),
        replace(BASE, precision="bf16"),
        replace(BASE, deterministic=True),
    ],
)
def test_anything_that_computes_differently_has_another_fingerprint(other):
    assert fingerprint(other, "data") != fingerprint(BASE, "data")


def test_other_data_have_another_fingerprint():
    assert fingerprint(BASE, "one") != fingerprint(BASE, "other")


def test_an_incay_term_that_is_off_is_the_baseline():
    off = replace(BASE, incay=IncaySettings(form="reciprocal", weight=0.0, gate="correct"))
    assert fingerprint(off, "data") == fingerprint(BASE, "data")


def test_code_version_covers_the_loop_and_the_trials_own_components_only():
    files = set(code_files(BASE))
    assert {"incay.trainables.training.trainer", "incay.trainables.losses.softmax"} <= files
    assert {"incay.trainables.training.batches", "incay.trainables.losses.base"} <= files
    assert not files & {"incay.trainables.losses.center", "incay.trainables.incay.reciprocal"}
    with_incay = set(code_files(replace(BASE, incay=IncaySettings(form="log", weight=1.0))))
    assert with_incay - files == {"incay.trainables.incay.log"}


def test_what_only_reads_a_model_is_no_part_of_its_fingerprint():
    assert not set(code_files(BASE)) & {
        "incay.trainables.worker.weights",
        "incay.trainables.worker.session",
    }
