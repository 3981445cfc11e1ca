"""The contract of a network: images in, features out; the loss owns the classifier."""

from __future__ import annotations

from torch import Tensor, nn

from incay.trainables.networks.modules.head import FeatureHead


class FeatureNetwork(nn.Module):
    """Maps images (batch, channels, height, width), float, to features (batch, `num_features`).

    A network is a `trunk`, which ends in flat numbers, and a `head`, which makes features of
    them.
    """

    num_features: int
    trunk: nn.Module
    head: FeatureHead

    def forward(self, images_BCHW: Tensor) -> Tensor:
        """Return the features f (batch, D), float32: the classifier's input."""
        features_BD: Tensor = self.head(self.trunk(images_BCHW))
        return features_BD
