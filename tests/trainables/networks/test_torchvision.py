"""torchvision's models as networks: features, stems, sizes, weights from files, frozen trunks."""

from __future__ import annotations

import gc
import urllib.request
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from tasks import task_of
from torch import Tensor, nn
from torchvision import models

from incay.trainables.config import TrialConfig
from incay.trainables.data.base import ImageData, Split
from incay.trainables.incay.settings import IncaySettings
from incay.trainables.networks.modules.base import FeatureNetwork
from incay.trainables.networks.modules.summary import layer_table
from incay.trainables.networks.torchvision import TorchvisionSettings
from incay.trainables.optimizers.sgd import SGDSettings
from incay.trainables.stacking.gate import rehearse
from incay.trainables.store.trials import Store
from incay.trainables.training.prepared import prepare
from incay.trainables.training.settings import SplitSettings
from incay.trainables.training.trainer import Trainer
from incay.trainables.worker.model import load_model, save_model
from incay.trainables.worker.session import TrialSession, train

CPU = torch.device("cpu")
SMALL = (3, 32, 32)


def built(model: str, shape: tuple[int, int, int] = SMALL, **settings: Any) -> FeatureNetwork:
    torch.manual_seed(0)
    return TorchvisionSettings(model=model, **settings).build(shape)


def images_of(seed: int, count: int, shape: tuple[int, int, int] = SMALL) -> ImageData:
    draw = np.random.default_rng(seed)
    split = Split(draw.integers(0, 256, (count, *shape), dtype=np.uint8), np.arange(count) % 3)
    other = Split(draw.integers(0, 256, (6, *shape), dtype=np.uint8), np.arange(6) % 3)
    return ImageData(train=split, test=other, class_names=("a", "b", "c"))


def trial(steps: int, **network: Any) -> TrialConfig:
    return TrialConfig(
        network=TorchvisionSettings(**network),
        optimizer=SGDSettings(lr=0.01),
        split=SplitSettings(test="final"),
        steps=steps,
        batch_size=6,
        reports=2,
    )


def same(first: dict[str, Tensor], second: dict[str, Tensor]) -> bool:
    return first.keys() == second.keys() and all(torch.equal(first[k], second[k]) for k in first)


# One model of each family, the length of its feature, and a side that it takes.
FAMILIES = {
    "alexnet": (4096, 64),
    "convnext_tiny": (768, 32),
    "densenet121": (1024, 32),
    "efficientnet_b0": (1280, 32),
    "googlenet": (1024, 32),
    "inception_v3": (2048, 75),
    "maxvit_t": (512, 224),
    "mnasnet0_5": (1280, 32),
    "mobilenet_v2": (1280, 32),
    "mobilenet_v3_small": (1024, 32),
    "regnet_y_400mf": (440, 32),
    "resnet18": (512, 32),
    "shufflenet_v2_x0_5": (1024, 32),
    "squeezenet1_1": (512, 32),
    "swin_t": (768, 32),
    "swin_v2_t": (768, 32),
    "vgg11": (4096, 32),
    "vit_b_32": (768, 32),
}


@pytest.mark.parametrize("model", FAMILIES)
def test_the_feature_is_what_the_last_layer_of_every_family_takes_in(model: str) -> None:
    """Held against torchvision's own model: its logits are its last layer of our features."""
    length, side = FAMILIES[model]
    settings = TorchvisionSettings(model=model)
    with torch.device("meta"):  # in shapes, for every family
        assert settings.build((3, side, side)).num_features == length
    if model not in ("resnet18", "mobilenet_v3_small", "squeezenet1_1"):
        return
    torch.manual_seed(0)
    own = models.get_model(model, weights=None).eval()
    network = built(model).eval()
    missing = network.trunk.load_state_dict(own.state_dict(), strict=False)
    assert not missing.missing_keys
    images = torch.randn(2, 3, side, side)
    if model == "squeezenet1_1":
        maps = own.features(images)
        expected = maps.mean(dim=(2, 3))
    else:
        last = next(reversed([m for m in own.modules() if isinstance(m, nn.Linear)]))
        taken: list[Tensor] = []
        last.register_forward_pre_hook(lambda _, inputs: taken.append(inputs[0]))
        own(images)
        (expected,) = taken
    torch.testing.assert_close(network(images), expected)


@pytest.mark.long
@pytest.mark.parametrize("model", models.list_models(module=models))
def test_every_model_of_torchvision_trains_a_step(model: str) -> None:
    side = {"inception_v3": 96, "maxvit_t": 224, "vit_h_14": 28}.get(model, 64)
    network = built(model, (3, side, side)).train()
    features = network(torch.randn(2, 3, side, side))
    assert features.shape == (2, network.num_features)
    assert features.isfinite().all()
    features.square().sum().backward()
    without = [name for name, p in network.named_parameters() if p.grad is None]
    assert not without
    del network, features
    gc.collect()


@pytest.mark.parametrize("model", ["vit_b_32", "swin_t"])
def test_the_table_counts_every_parameter(model: str) -> None:
    settings = TorchvisionSettings(model=model)
    counted = sum(row.parameters for row in layer_table(settings, SMALL))
    assert counted == sum(p.numel() for p in built(model).parameters())


def test_multiply_adds_are_the_published_ones() -> None:
    published = models.ResNet18_Weights.DEFAULT.meta["_ops"]  # with the classifier
    found = sum(row.multiply_adds for row in layer_table(TorchvisionSettings(), (3, 224, 224)))
    assert found / 1e9 == pytest.approx(published - 512_000 / 1e9, abs=1e-3)


@pytest.mark.parametrize(
    "model",
    ["resnet18", "densenet121", "mobilenet_v2", "mnasnet0_5", "regnet_y_400mf", "squeezenet1_1"],
)
def test_the_cifar_stem_keeps_small_images_large(model: str) -> None:
    with torch.device("meta"):
        network = TorchvisionSettings(model=model, stem="cifar").build(SMALL)
        convolution = next(m for m in network.modules() if isinstance(m, nn.Conv2d))
        assert (convolution.kernel_size, convolution.stride) == ((3, 3), (1, 1))
        sizes: list[tuple[int, ...]] = []
        pools = [m for m in network.modules() if isinstance(m, nn.Conv2d)]
        pools[1].register_forward_pre_hook(lambda _, inputs: sizes.append(inputs[0].shape[2:]))
        network.eval()(torch.zeros(2, *SMALL))
    assert sizes == [(32, 32)]


@pytest.mark.parametrize("model", ["vgg11", "vit_b_16", "swin_t", "convnext_tiny", "maxvit_t"])
def test_a_family_without_such_a_stem_says_which_have_one(model: str) -> None:
    side = 224 if model == "maxvit_t" else 32
    with pytest.raises(ValueError, match=r"stem must be imagenet for model .* ResNet, DenseNet"):
        built(model, (3, side, side), stem="cifar")


def test_the_nearest_model_is_named() -> None:
    with pytest.raises(ValueError, match=r"network.model must be one of .*mean 'resnet18'"):
        built("resnt18")


@pytest.mark.parametrize("model", ["alexnet", "inception_v3", "maxvit_t", "vit_h_14"])
def test_a_size_that_does_not_fit_is_refused_or_adapted(model: str) -> None:
    with pytest.raises(ValueError, match=r"take images of 32×32, but cannot.*image_size"):
        built(model)
    with torch.device("meta"):
        network = TorchvisionSettings(model=model, image_size=(224, 224)).build(SMALL).eval()
        assert network(torch.zeros(2, *SMALL)).shape == (2, network.num_features)


def test_images_of_vit_must_be_square() -> None:
    with pytest.raises(ValueError, match="must be square"):
        built("vit_b_16", (3, 32, 48))


@pytest.mark.parametrize("channels", [2, 4])
def test_other_channels_are_refused(channels: int) -> None:
    with pytest.raises(ValueError, match="1 or 3 channels"):
        built("resnet18", (channels, 32, 32))


def test_grey_images_are_three_equal_channels() -> None:
    grey, colour = built("resnet18", (1, 32, 32)).eval(), built("resnet18").eval()
    images = torch.randn(2, 1, 32, 32)
    assert torch.equal(grey(images), colour(images.repeat(1, 3, 1, 1)))


def test_a_dimension_adds_a_layer() -> None:
    network = built("mobilenet_v3_small", dimension=8, feature="bn_relu", feature_scale=2.0)
    assert network.num_features == 8
    assert network(torch.randn(4, *SMALL)).shape == (4, 8)
    assert network.head.linear.in_features == 1024


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"width": 0.5}, "width == 1"),
        ({"dimension": 0}, "dimension >= 1"),
        ({"stem": "tiny"}, "stem in"),
        ({"freeze": "all"}, "freeze in"),
        ({"pretrained": "weights"}, r"pretrained in {none, default, a file"),
        ({"image_size": (0, 32)}, "image_size"),
        ({"feature": "relu"}, "feature is linear, or dimension is given"),
        ({"feature": "tanh", "dimension": 2}, "feature in"),
        ({"feature_scale": 0.0}, "feature_scale > 0"),
    ],
)
def test_settings_out_of_range_are_refused(settings: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        TorchvisionSettings(**settings)


# Each way in which a model can be random in training: dropout, and stochastic depth too.
@pytest.mark.parametrize(
    "model", ["mobilenet_v3_small", pytest.param("efficientnet_b0", marks=pytest.mark.long)]
)
def test_a_resumed_trial_is_the_uninterrupted_one(model: str, tmp_path: Path) -> None:
    data, task = images_of(0, 12), task_of(trial(4, model=model))
    whole = train(task, data, Store(tmp_path / "whole"), CPU)
    store = Store(tmp_path / "stopped")
    stopped = TrialSession(task, data, store, CPU)
    stopped.advance()
    stopped.leave()
    torch.manual_seed(99)  # what others draw in between is nothing to it
    resumed = train(task, data, store, CPU)
    assert resumed.provenance["attempts"][1]["from_step"] == 2
    numbers = [dict(each.metrics) for each in (whole, resumed)]
    for each in numbers:
        del each["images_per_second"]
    assert numbers[0] == numbers[1]


def test_a_model_that_draws_is_not_stacked() -> None:
    data = images_of(0, 12)
    configs = [replace(trial(2, model="mobilenet_v3_small"), seed=seed) for seed in range(2)]
    assert "cannot run for several" in rehearse(configs, prepare(configs[0], data, CPU), CPU)


def write_weights(path: Path, model: str, **options: Any) -> dict[str, Tensor]:
    torch.manual_seed(7)
    weights: dict[str, Tensor] = models.get_model(model, weights=None, **options).state_dict()
    torch.save(weights, path)
    return weights


@pytest.mark.parametrize(
    ("model", "wrap"),
    [
        ("resnet18", lambda state: state),
        ("resnet18", lambda state: {"model": state, "epoch": 3}),
        ("resnet18", lambda state: {"state_dict": {f"module.{k}": v for k, v in state.items()}}),
        ("mnasnet0_5", lambda state: dict(state)),
    ],
    ids=["plain", "training", "several-gpus", "no-versions"],
)
def test_weights_come_from_a_file(model: str, wrap: Any, tmp_path: Path) -> None:
    weights = write_weights(tmp_path / "w.pth", model)
    torch.save(wrap(weights), tmp_path / "w.pth")
    network = built(model, pretrained=str(tmp_path / "w.pth"))
    found = network.trunk.state_dict()
    assert all(torch.equal(found[name], weights[name]) for name in found)
    # A standard deviation of ImageNet lies between pixels in [0, 1] and what the weights know.
    torch.testing.assert_close(
        network.input_scale.flatten(), 1 / torch.tensor([0.229, 0.224, 0.225])
    )
    assert not network.input_shift.any()


def test_published_names_of_densenet_are_understood(tmp_path: Path) -> None:
    weights = write_weights(tmp_path / "w.pth", "densenet121")
    old = {
        name.replace("norm1.", "norm.1.").replace("conv2.", "conv.2."): value
        for name, value in weights.items()
    }
    torch.save(old, tmp_path / "w.pth")
    found = built("densenet121", pretrained=str(tmp_path / "w.pth")).trunk.state_dict()
    assert all(torch.equal(found[name], weights[name]) for name in found)


def test_positions_of_vit_are_interpolated(tmp_path: Path) -> None:
    write_weights(tmp_path / "w.pth", "vit_b_32", image_size=224)
    network: Any = built("vit_b_32", (3, 64, 64), pretrained=str(tmp_path / "w.pth"))
    assert network.trunk.encoder.pos_embedding.shape == (1, 5, 768)


def test_inception_s_weights_know_other_statistics(tmp_path: Path) -> None:
    write_weights(tmp_path / "w.pth", "googlenet", init_weights=False)  # with auxiliary heads
    network: Any = built("googlenet", pretrained=str(tmp_path / "w.pth"))
    images = torch.randn(2, 3, 32, 32)  # in [0, 1], less ImageNet's mean
    standardised = images / torch.tensor([0.229, 0.224, 0.225]).view(3, 1, 1)
    own = models.googlenet(weights=None, init_weights=False, transform_input=True)
    torch.testing.assert_close(
        images * network.input_scale + network.input_shift, own._transform_input(standardised)
    )


@pytest.mark.parametrize(
    ("write", "message"),
    [
        (lambda _: None, "must be a file of weights in"),
        (lambda path: path.write_bytes(b""), "read without running code"),
        (lambda path: path.write_bytes(b"no weights"), "read without running code"),
        (lambda path: torch.save(nn.Linear(1, 1), path), "read without running code"),
        (lambda path: torch.save([1, 2], path), "must hold weights by name"),
        (lambda path: write_weights(path, "resnet34"), "the weights of resnet18, but has layer1.2"),
        (
            lambda path: torch.save({"conv1.weight": torch.zeros(1)}, path),
            "size mismatch for conv1.weight",
        ),
        (
            lambda path: torch.save({"fc.weight": torch.zeros(1)}, path),
            "lacks conv1.weight, bn1.weight, bn1.bias and 117 more",
        ),
    ],
)
def test_weights_that_do_not_fit_give_one_message(write: Any, message: str, tmp_path: Path) -> None:
    path = tmp_path / "w.pth"
    write(path)
    for device in ("cpu", "meta"):  # `incay plan` asks with shapes alone
        with torch.device(device), pytest.raises(ValueError, match=message) as caught:
            TorchvisionSettings(pretrained=str(path)).build(SMALL)
        assert "\n" not in str(caught.value)
        assert "w.pth" in str(caught.value)


def test_safetensors_are_read_or_asked_for(tmp_path: Path) -> None:
    path = tmp_path / "w.safetensors"
    path.write_bytes(b"")
    try:
        from safetensors.torch import save_file
    except ImportError:
        with pytest.raises(ValueError, match="pip install safetensors"):
            built("resnet18", pretrained=str(path))
        return
    with pytest.raises(ValueError, match="whole file of safetensors"):
        built("resnet18", pretrained=str(path))
    save_file(write_weights(tmp_path / "w.pth", "resnet18"), path)
    built("resnet18", pretrained=str(path))


def test_default_weights_need_a_network_or_what_it_left(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TORCH_HOME", str(tmp_path))
    for scheme in ("http_proxy", "https_proxy"):
        monkeypatch.setenv(scheme, "http://127.0.0.1:9")  # where nobody answers
    monkeypatch.setattr(urllib.request, "_opener", None)  # it keeps the proxies of its first use
    with pytest.raises(ValueError, match=r"pretrained: default must find .*mobilenet_v3_small"):
        built("mobilenet_v3_small", pretrained="default")


def test_files_lie_below_the_data_root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "weights").mkdir()
    write_weights(tmp_path / "weights" / "w.pth", "resnet18")
    with pytest.raises(ValueError, match="there is none"):
        built("resnet18", pretrained="weights/w.pth")
    monkeypatch.setenv("INCAY_DATA", str(tmp_path))
    built("resnet18", pretrained="weights/w.pth")


def test_a_frozen_backbone_stays_as_it_is(tmp_path: Path) -> None:
    write_weights(tmp_path / "w.pth", "mobilenet_v3_small")
    config = trial(
        4,
        model="mobilenet_v3_small",
        pretrained=str(tmp_path / "w.pth"),
        freeze="backbone",
        dimension=4,
    )
    trainer = Trainer(config, images_of(0, 12), CPU)
    before = {name: value.clone() for name, value in trainer.network.state_dict().items()}
    trainer.advance()
    trainer.advance()
    after = trainer.network.state_dict()
    changed = {name for name in after if not torch.equal(after[name], before[name])}
    assert changed == {"head.linear.weight", "head.linear.bias"}
    assert trainer.network.training
    assert not trainer.network.trunk.training  # batch norm's statistics are the file's


def test_a_kept_model_needs_no_file_of_weights(tmp_path: Path) -> None:
    write_weights(tmp_path / "w.pth", "resnet18")
    config = trial(2, pretrained=str(tmp_path / "w.pth"))
    data = images_of(0, 12)
    trainer = Trainer(config, data, CPU)
    trainer.advance()
    trainer.advance()
    save_model(Store(tmp_path / "results"), "f" * 20, trainer, data)
    (tmp_path / "w.pth").unlink()
    model = load_model(tmp_path / "results", "f" * 20)
    _, samples = trainer.samples() or ("", None)
    assert samples is not None
    assert data.test is not None
    assert model.predict(data.test.images).tolist() == samples.prediction.tolist()


# The learning rate at which each learns something in so few steps.
@pytest.mark.parametrize(
    ("network", "lr"),
    [
        ({"model": "resnet18", "stem": "cifar"}, 0.02),
        ({"model": "mobilenet_v3_small"}, 0.1),
        ({"model": "vit_b_16"}, 0.005),
    ],
    ids=lambda value: value["model"] if isinstance(value, dict) else "",
)
@pytest.mark.long
def test_real_images_are_learnt(network: dict[str, Any], lr: float, data_root: Path) -> None:
    from incay.trainables.data import datasets

    full = datasets["cifar10"]().load(data_root)
    assert full.test is not None
    data = ImageData(
        train=Split(*(np.ascontiguousarray(each[:320]) for each in full.train)),
        test=Split(*(np.ascontiguousarray(each[:100]) for each in full.test)),
        class_names=full.class_names,
    )
    config = TrialConfig(
        network=TorchvisionSettings(**network),
        incay=IncaySettings(form="reciprocal", weight=0.01),
        optimizer=SGDSettings(lr=lr),
        split=SplitSettings(test="final"),
        steps=24,
        batch_size=32,
        reports=2,
    )
    trainer = Trainer(config, data, CPU)
    first, last = trainer.advance(), trainer.advance()
    assert last["train.loss"] < first["train.loss"]
    assert last["train.error"] < first["train.error"]
