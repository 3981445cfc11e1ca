"""What the MNIST, CIFAR-10 and CIFAR-100 networks share: a plain chain of 3×3 convolutions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from incay.trainables.networks.base import FeaturePlacement, NetworkSettings

if TYPE_CHECKING:
    from incay.trainables.networks.modules.base import FeatureNetwork


@dataclass(frozen=True, kw_only=True)
class PlainCNNSettings(NetworkSettings):
    """Conv0.x to Conv3.x and a fully connected layer (paper A, Table 8; paper B, Table 1).

    Every convolution is 3×3 with padding 1, followed by batch norm and ReLU; 2×2 max pooling
    with stride 2, rounded up as Caffe does, closes Conv1.x, Conv2.x and Conv3.x. Batch norm,
    the feature's placement (fully connected, batch norm, ReLU) and MSRA initial weights are
    the L-Softmax authors' published settings.
    """

    feature: FeaturePlacement = "bn_relu"

    stages: ClassVar[tuple[tuple[int, int], ...]]
    """(channels, convolutions) of Conv0.x, Conv1.x, Conv2.x and Conv3.x."""

    def build(self, image_shape: tuple[int, int, int]) -> FeatureNetwork:
        """Return the network for images of at least 8×8 pixels."""
        from incay.trainables.networks.modules.plain_cnn import PlainCNN

        return PlainCNN(self, image_shape)
