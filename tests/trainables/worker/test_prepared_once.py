"""The next trial gets the images of the trial before, where it asks for the same, and no others."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, cast

import torch

from incay.trainables.config import TrialConfig
from incay.trainables.data.digits import DigitsSettings
from incay.trainables.preprocess import PreprocessSettings
from incay.trainables.training.prepared import prepare
from incay.trainables.training.settings import SplitSettings
from incay.trainables.worker.prepared_once import PreparedOnce

CPU = torch.device("cpu")


def test_trials_that_ask_for_the_same_share_it() -> None:
    data, once = DigitsSettings().load(None), PreparedOnce()
    config = TrialConfig(split=SplitSettings(validation=0.1, seed=1))
    first = once(config, data, CPU)
    assert once(replace(config, seed=7, steps=3), data, CPU) is first


def test_it_tells_trials_apart_by_all_that_preparing_looks_at() -> None:
    asked: set[str] = set()

    class Noted:
        def __getattr__(self, name: str) -> Any:
            asked.add(name)
            return getattr(TrialConfig(split=SplitSettings(validation=0.1)), name)

    prepare(cast("TrialConfig", Noted()), DigitsSettings().load(None), CPU)
    assert asked == {"split", "preprocess", "incay"}


def test_another_split_preprocessing_or_data_set_is_prepared_anew() -> None:
    data, once = DigitsSettings().load(None), PreparedOnce()
    config = TrialConfig(split=SplitSettings(validation=0.1, seed=1))
    before = once(config, data, CPU)
    others = (
        (replace(config, split=SplitSettings(validation=0.1, seed=2)), data),
        (replace(config, split=SplitSettings(validation=0.1, seed=1, test="final")), data),
        (replace(config, preprocess=PreprocessSettings(gcn=1.0)), data),
        (config, replace(data, scale=1.0)),
    )
    for other, images in others:
        prepared = once(other, images, CPU)
        assert prepared is not before
        before = prepared
    assert before.normalize.scale == 1.0
