"""A network of your own: images in, features out. The loss owns the classifier.

A study uses it by `uses: [mine.py]` and `network: mine`, or `network: {name: mine, width: 0.5}`.
Test it with `python -m pytest test_mine.py`.
"""

from __future__ import annotations

from dataclasses import dataclass

from torch import nn

from incay.components import FeatureNetwork, NetworkSettings, register_network


@register_network("mine")
@dataclass(frozen=True, kw_only=True)
class MineSettings(NetworkSettings):
    """Conv 3×3 (16) with stride 2, batch norm, ReLU, fully connected to D = 32: write yours here.

    Every network has `width`, `dimension` (D), `feature` (what follows the last layer) and
    `feature_scale`; `channels` and `build_head` apply them. Add fields for more settings.
    """

    dimension: int = 32

    # (channels, height, width) of the images that it is made for; it may take others too.
    image_shape = (1, 28, 28)
    citation = "where it comes from: paper, section, table"

    def build(self, image_shape: tuple[int, int, int]) -> FeatureNetwork:
        """Return the network for a data set's images, freshly initialised."""
        return MineNetwork(self, image_shape)


class MineNetwork(FeatureNetwork):
    """See `MineSettings`. A `trunk` ends in flat numbers, a `head` makes features of them.

    Weights are drawn by PyTorch's generator, as its layers do by themselves: the trial's seed
    decides. Whatever file you read here is no part of the trial's fingerprint.
    """

    def __init__(self, settings: MineSettings, image_shape: tuple[int, int, int]) -> None:
        super().__init__()
        settings.require_image_size(image_shape, 8)
        channels, height, width = image_shape
        count = settings.channels(16)
        self.trunk = nn.Sequential(
            nn.Conv2d(channels, count, 3, stride=2, padding=1),
            nn.BatchNorm2d(count),
            nn.ReLU(),
            nn.Flatten(),
        )
        self.head = settings.build_head(count * ((height + 1) // 2) * ((width + 1) // 2))
        self.num_features = settings.dimension
