"""SphereNet-20 and SphereNet-64: residual networks for faces, without batch norm."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from incay.trainables.networks import register_network
from incay.trainables.networks.base import NetworkSettings

if TYPE_CHECKING:
    from incay.trainables.networks.modules.base import FeatureNetwork


@dataclass(frozen=True, kw_only=True)
class SphereNetSettings(NetworkSettings):
    """Four stages of 64, 128, 256 and 512 channels and a fully connected layer, D = 512.

    A stage opens with a 3×3 convolution of stride 2, followed by residual units of two 3×3
    convolutions. PReLU follows every convolution; there is no batch norm; the feature has no
    activation. Structure, initial weights, and residual convolutions without bias are the
    SphereFace authors' published settings. Their images are 112×96, in colour.
    """

    units: ClassVar[tuple[int, int, int, int]]
    """Residual units of each stage."""
    image_shape = (3, 112, 96)
    citation = "Liu et al., SphereFace, 2017, Table 2; paper A, section 6.4"

    def build(self, image_shape: tuple[int, int, int]) -> FeatureNetwork:
        """Return the network for grey or colour images of at least 16×16 pixels."""
        from incay.trainables.networks.modules.spherenet import SphereNet

        return SphereNet(self, image_shape)


@register_network("spherenet-20")
@dataclass(frozen=True, kw_only=True)
class SphereNet20Settings(SphereNetSettings):
    """SphereNet with 1, 2, 4 and 1 residual units: 20 layers."""

    units = (1, 2, 4, 1)


@register_network("spherenet-64")
@dataclass(frozen=True, kw_only=True)
class SphereNet64Settings(SphereNetSettings):
    """SphereNet with 3, 8, 16 and 3 residual units: 64 layers."""

    units = (3, 8, 16, 3)
