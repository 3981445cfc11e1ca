"""A torchvision model as a network of features: what it takes in, what is left out, what draws."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import nullcontext
from typing import TYPE_CHECKING, Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.overrides import TorchFunctionMode
from torchvision import models

from incay.trainables.networks.modules.base import FeatureNetwork
from incay.trainables.networks.modules.torchvision_stems import open_narrowly
from incay.trainables.networks.modules.torchvision_weights import load_weights
from incay.trainables.registry import describe_unknown

if TYPE_CHECKING:
    from incay.trainables.networks.torchvision import TorchvisionSettings

IMAGENET_MEAN = (0.485, 0.456, 0.406)
"""Of the channels, of pixels in [0, 1]: torchvision's own numbers."""

_HALVES = ((0.5, 0.5, 0.5), (0.5, 0.5, 0.5))
_OTHER_STATISTICS = {"googlenet": _HALVES, "inception_v3": _HALVES}
"""(mean, standard deviation) that weights were trained with, where torchvision's preprocessing
leaves it to the model to change over to them."""


class TorchvisionNetwork(FeatureNetwork):
    """See `TorchvisionSettings`.

    Grey images become three equal channels. Pretrained weights know images standardised by the
    statistics of ImageNet. What comes in here has lost its data set's mean and is divided by 255,
    so that the standard deviation remains: `input_scale` is its reciprocal, and `input_shift` is
    not 0 only where weights were trained with another mean than ImageNet's. Both lie in the state,
    so that a trained network needs no weights but its own.
    """

    input_scale: Tensor
    input_shift: Tensor

    def __init__(self, settings: TorchvisionSettings, image_shape: tuple[int, int, int]) -> None:
        super().__init__()
        channels, *size = image_shape
        if channels not in (1, 3):
            raise ValueError(
                f"images must have 1 or 3 channels for network torchvision, but have {channels}"
            )
        self._size = settings.image_size
        height, width = settings.image_size or (size[0], size[1])
        outline, last = _outline(settings, height, width)
        inputs = _feature_length(settings, outline, height, width)
        # On the device `meta` nobody asks for more than shapes.
        only_shapes = torch.empty(0).is_meta
        self.trunk = outline if only_shapes else _without_last_layer(settings, height, width)[0]
        scale, shift = torch.ones(3, 1, 1), torch.zeros(3, 1, 1)
        if settings.pretrained != "none":
            load_weights(self.trunk, settings.model, settings.pretrained, last)
            scale, shift = _standardisation(settings.model)
        self.register_buffer("input_scale", scale)
        self.register_buffer("input_shift", shift)
        self.num_features = inputs if settings.dimension is None else settings.dimension
        if settings.dimension is None:
            self.head = _OwnFeature(settings.feature_scale)  # type: ignore[assignment]
        else:
            self.head = settings.build_head(inputs)
        self._frozen = settings.freeze == "backbone"
        if self._frozen:
            self.trunk.requires_grad_(False).eval()

    def train(self, mode: bool = True) -> TorchvisionNetwork:
        """Set the mode; a frozen trunk stays in that of evaluation, with the statistics it has."""
        super().train(mode)
        if self._frozen:
            self.trunk.eval()
        return self

    def forward(self, images_BCHW: Tensor) -> Tensor:
        """Return the features f (batch, D), float32."""
        images_BCHW = images_BCHW.expand(-1, 3, -1, -1)
        if self._size is not None and tuple(images_BCHW.shape[2:]) != self._size:
            images_BCHW = F.interpolate(
                images_BCHW, self._size, mode="bilinear", align_corners=False, antialias=True
            )
        images_BCHW = images_BCHW * self.input_scale + self.input_shift
        with torch.no_grad() if self._frozen else nullcontext():
            flat_BF = self.trunk(images_BCHW)
        features_BD: Tensor = self.head(flat_BF)
        return features_BD


class _OwnFeature(nn.Module):
    """The model's own feature, times a constant; float32, as `FeatureHead` has it."""

    def __init__(self, scale: float) -> None:
        super().__init__()
        self.scale = scale

    def forward(self, flat_BF: Tensor) -> Tensor:
        features_BD = flat_BF.float()
        return features_BD if self.scale == 1.0 else features_BD * self.scale


def _without_last_layer(
    settings: TorchvisionSettings, height: int, width: int
) -> tuple[nn.Module, str]:
    """Return the model without its last layer, and that layer's name."""
    name = settings.model
    known = models.list_models(module=models)
    if name not in known:
        raise ValueError(describe_unknown("network.model", name, known))
    options: dict[str, Any] = {"weights": None}
    if name in ("googlenet", "inception_v3"):
        options |= {"aux_logits": False, "transform_input": False, "init_weights": True}
    elif name.startswith("vit_"):
        if height != width:
            raise ValueError(_refused(name, height, width, "they must be square"))
        options["image_size"] = height
    elif name.startswith("maxvit_"):
        options["input_size"] = (height, width)
    try:
        model = models.get_model(name, **options)
    except (ValueError, AssertionError) as error:
        raise ValueError(_refused(name, height, width, error)) from error
    if settings.stem == "cifar":
        open_narrowly(model, name)
    if isinstance(model, models.SqueezeNet):
        dropout, _, _, pool = model.classifier
        model.classifier = nn.Sequential(dropout, pool)
        return model, "classifier.1"
    *_, last = (place for place, each in model.named_modules() if isinstance(each, nn.Linear))
    model.set_submodule(last, nn.Identity())
    return model, last


class _Unfilled(TorchFunctionMode):
    """Makes weights without numbers, and leaves alone what models compute their own shapes with."""

    def __torch_function__(
        self, func: Any, types: Any, args: Any = (), kwargs: Mapping[str, Any] | None = None
    ) -> Any:
        options = dict(kwargs or {})
        if func is torch.empty and options.get("device") is None:
            options["device"] = "meta"
        return func(*args, **options)


def _outline(settings: TorchvisionSettings, height: int, width: int) -> tuple[nn.Module, str]:
    """Return the same as `_without_last_layer`, in shapes alone: it takes no time and no memory."""
    with torch.random.fork_rng(devices=[]), torch.device("cpu"), _Unfilled():
        model, last = _without_last_layer(settings, height, width)
    return model.to("meta"), last


def _feature_length(
    settings: TorchvisionSettings, outline: nn.Module, height: int, width: int
) -> int:
    """Return how many numbers of an image a model ends in."""
    try:
        with torch.no_grad():
            flat = outline.eval()(torch.zeros(2, 3, height, width, device="meta"))
    except (RuntimeError, ValueError, AssertionError) as error:
        raise ValueError(_refused(settings.model, height, width, error)) from error
    outline.train()
    if flat.ndim != 2:
        raise ValueError(
            f"network.model must end in one layer behind a flat feature, but {settings.model!r} "
            f"ends in a tensor of {flat.ndim} axes: it is not supported"
        )
    return int(flat.shape[1])


def _refused(name: str, height: int, width: int, why: object) -> str:
    return (
        f"model {name!r} must be able to take images of {height}×{width}, but cannot: "
        f"{str(why).partition(chr(10))[0]}. Let network.image_size resize them, such as [224, 224]"
    )


def _standardisation(name: str) -> tuple[Tensor, Tensor]:
    """Return factor and summand of each channel, of pixels in [0, 1] less ImageNet's mean."""
    if name in _OTHER_STATISTICS:
        mean, std = _OTHER_STATISTICS[name]
    else:
        preprocessing = models.get_model_weights(name).DEFAULT.transforms()
        mean, std = preprocessing.mean, preprocessing.std
    means, stds, usual = (torch.tensor(each).view(3, 1, 1) for each in (mean, std, IMAGENET_MEAN))
    return 1.0 / stds, (usual - means) / stds
