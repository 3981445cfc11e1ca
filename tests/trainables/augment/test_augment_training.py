"""Trials that augment: resumed is uninterrupted, bit for bit, and mixed labels reach the loss."""

from __future__ import annotations

import io
from dataclasses import replace

import pytest
import torch

from incay.trainables.augment.erasing import ErasingSettings
from incay.trainables.augment.jitter import JitterSettings
from incay.trainables.augment.mix import MixSettings
from incay.trainables.augment.rand_augment import RandAugmentSettings
from incay.trainables.augment.resized_crop import ResizedCropSettings
from incay.trainables.augment.settings import AugmentSettings
from incay.trainables.augment.trivial_augment import TrivialAugmentSettings
from incay.trainables.config import TrialConfig
from incay.trainables.conformance.small_trials import small_config, small_data
from incay.trainables.fingerprint import code_files
from incay.trainables.incay.settings import IncaySettings
from incay.trainables.losses.softmax import SoftmaxSettings
from incay.trainables.preprocess import PreprocessSettings
from incay.trainables.training.trainer import Trainer

torch.set_num_threads(1)
CPU = torch.device("cpu")
RECIPES = {
    "rand_augment, mixup": AugmentSettings(
        crop_padding=2,
        policy=RandAugmentSettings(),
        erasing=ErasingSettings(probability=0.5),
        mix=MixSettings(name="mixup", alpha=0.2),
    ),
    "trivial_augment, cutmix": AugmentSettings(
        horizontal_flip="on",
        resized_crop=ResizedCropSettings(min_area=0.3),
        jitter=JitterSettings(brightness=0.4, contrast=0.4, saturation=0.4, hue=0.1),
        policy=TrivialAugmentSettings(),
        mix=MixSettings(name="cutmix"),
    ),
}


def config_of(augment: AugmentSettings) -> TrialConfig:
    return replace(
        small_config(),
        augment=augment,
        loss=SoftmaxSettings(smoothing=0.1),
        incay=IncaySettings(form="reciprocal", weight=0.01, gate="correct", threshold="9 x mean"),
        preprocess=PreprocessSettings(gcn=55.0, zca=0.1),
        steps=9,
        reports=3,
    )


def reports(trainer: Trainer) -> list[dict[str, float]]:
    return [
        {name: value for name, value in row.items() if name != "images_per_second"}
        for row in trainer.history
    ]


@pytest.mark.parametrize("name", RECIPES)
def test_resumed_is_uninterrupted(name: str) -> None:
    config, data = config_of(RECIPES[name]), small_data((3, 16, 16))
    whole = Trainer(config, data, CPU)
    while not whole.finished:
        whole.advance()
    first = Trainer(config, data, CPU)
    first.advance()
    buffer = io.BytesIO()
    torch.save(first.state_dict(), buffer)
    torch.rand(5)
    buffer.seek(0)
    later = Trainer(config, data, CPU)
    later.load_state_dict(torch.load(buffer, weights_only=True))
    while not later.finished:
        later.advance()
    assert reports(later) == reports(whole)
    ended = whole.state_dict()["modules"]
    for key, value in later.state_dict()["modules"].items():
        assert torch.equal(value, ended[key]), key


def test_the_error_is_told_by_the_larger_share() -> None:
    """Images of a half and less of a class count as the other one's."""
    data = small_data()
    config = replace(
        small_config(), augment=AugmentSettings(mix=MixSettings(name="mixup")), steps=1, reports=1
    )
    trainer = Trainer(config, data, CPU)
    _, shares = trainer._batches(0)
    assert shares.shape == (8, 3)
    torch.testing.assert_close(shares.sum(1), torch.ones(8))
    images, _ = trainer._batches(0)
    predicted = trainer.loss.logits(trainer.network(images)).argmax(1)
    wrong = (predicted != shares.argmax(1)).float().mean()
    assert trainer.advance()["train.error"] == pytest.approx(100.0 * float(wrong))


def test_only_what_is_on_counts_as_code() -> None:
    def own(augment: AugmentSettings) -> set[str]:
        return {
            module
            for module in code_files(TrialConfig(augment=augment))
            if ".augment." in module or ".preprocess." in module
        }

    assert own(AugmentSettings()) == set()
    erasing = own(AugmentSettings(erasing=ErasingSettings(probability=0.5)))
    assert "incay.trainables.augment.modules.erasing" in erasing
    assert not any("rand_augment" in module or "mix" in module for module in erasing)
    policy = own(AugmentSettings(policy=RandAugmentSettings()))
    assert "incay.trainables.augment.modules.geometry" in policy
    assert not any("erasing" in module for module in policy)
    whitened = code_files(TrialConfig(preprocess=PreprocessSettings(gcn=55.0)))
    assert "incay.trainables.preprocess.modules.whitening" in whitened


def test_a_configuration_comes_back_from_its_values() -> None:
    for augment in (*RECIPES.values(), AugmentSettings()):
        config = config_of(augment)
        assert TrialConfig.from_dict(config.to_dict()) == config
