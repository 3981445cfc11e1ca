"""The classification models of torchvision: their trunks, without the last layer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from incay.trainables.networks import register_network
from incay.trainables.networks.base import NetworkSettings
from incay.trainables.settings import require

if TYPE_CHECKING:
    from incay.trainables.networks.modules.base import FeatureNetwork

WEIGHT_FILES = (".pth", ".pt", ".safetensors")
"""Endings of files of weights. By an ending a setting is known to be a file, which is hashed."""


@register_network("torchvision")
@dataclass(frozen=True, kw_only=True)
class TorchvisionSettings(NetworkSettings):
    """Any classification model of torchvision; f is what its last layer takes in.

    The last layer itself is left out: the loss owns the classifier. SqueezeNet ends in a
    convolution; its feature is the mean over all places of what that takes in. Auxiliary
    classifiers (GoogLeNet, Inception) are left out too.

    Which models there are is asked of torchvision when the network is built, as `incay plan` and
    `incay run` do before anything starts: a list in here would know other models than the
    torchvision that is installed, and to extend it would change the fingerprints of all trials.

    Attributes:
        model: Its name in torchvision, such as ``vit_b_16``.
        stem: ``imagenet`` is torchvision's own; ``cifar``, for images of some 32×32, opens with a
            3×3 convolution of stride 1 and does not pool behind it.
        pretrained: ``none``; a file of weights, below the data root or where the trial runs;
            ``default``, the weights that torchvision recommends, which it downloads or has kept.
        freeze: ``backbone`` trains the layer that `dimension` adds and the classifier only.
        image_size: (height, width) that images are resized to on the device, since some models
            take one size only; none keeps theirs.
        dimension: D of a fully connected layer that is added; none adds none.
        width: 1; a model of another width has another name.
        feature: What follows the added layer; ``linear`` where none is added.
        dropout: Of what comes into the added layer, so that one must be added. A model's own
            dropout stays as torchvision has it.
    """

    # The base's is a number in all other networks; to change its type there would change their
    # fingerprints.
    dimension: int | None = None  # type: ignore[assignment]
    model: str = "resnet18"
    stem: Literal["imagenet", "cifar"] = "imagenet"
    pretrained: str = "none"
    freeze: Literal["none", "backbone"] = "none"
    image_size: tuple[int, int] | None = None

    image_shape = (3, 224, 224)
    citation = "torchvision.models, with the source of each model"

    def __post_init__(self) -> None:
        given = self.dimension
        require(given is None or given >= 1, "dimension >= 1", given)
        require(self.width == 1.0, "width == 1 for network torchvision", self.width)
        require(self.stem in ("imagenet", "cifar"), "stem in {imagenet, cifar}", self.stem)
        require(self.freeze in ("none", "backbone"), "freeze in {none, backbone}", self.freeze)
        require(
            self.pretrained in ("none", "default") or self.pretrained.endswith(WEIGHT_FILES),
            f"pretrained in {{none, default, a file *{', *'.join(WEIGHT_FILES)}}}",
            self.pretrained,
        )
        require(
            self.image_size is None or min(self.image_size) >= 1,
            "image_size has sides of 1 pixel or more",
            self.image_size,
        )
        require(
            self.feature == "linear" or given is not None,
            "feature is linear, or dimension is given,",
            self.feature,
        )
        require(
            self.dropout == 0.0 or given is not None,
            "dropout is 0, or dimension is given,",
            self.dropout,
        )
        self._check_head()

    def _check_head(self) -> None:
        """Check what the base checks, which knows no network without a dimension."""
        NetworkSettings(
            width=self.width,
            dimension=1 if self.dimension is None else self.dimension,
            feature=self.feature,
            feature_scale=self.feature_scale,
            dropout=self.dropout,
        )

    def build(self, image_shape: tuple[int, int, int]) -> FeatureNetwork:
        """Return the network for images of one or three channels.

        Raises:
            ValueError: There is no such model, it cannot take images of this size, or the weights
                cannot be read or are another model's.
        """
        from incay.trainables.networks.modules.torchvision import TorchvisionNetwork

        return TorchvisionNetwork(self, image_shape)
