"""Which networks and losses fit together without being built: tensors cost a second and more."""

from __future__ import annotations

from incay.trainables.config import TrialConfig
from incay.trainables.losses import LossSettings
from incay.trainables.networks import NetworkSettings
from incay.trainables.networks.torchvision import TorchvisionSettings

_OURS = "incay.trainables."
_MOST_FEATURES = 4096
_MOST_CLASSES = 100_000
_LARGEST_SIDE = 512


def surely_fits(
    config: TrialConfig, image_shape: tuple[int, int, int], num_classes: int, batch_size: int
) -> bool:
    """Return whether a first step is known to be possible; False says that it must be tried.

    It is where a network of this package has no more channels than its paper's and takes images of
    the size for which it was published, or larger.

    Args:
        config: The trial.
        image_shape: (channels, height, width) of its images.
        num_classes: K.
        batch_size: Images of a step.
    """
    return (
        batch_size // config.optimizer.accumulate > 1
        and _takes(config.network, image_shape)
        and _tells_apart(config.loss, config.network.dimension, num_classes)
    )


def _takes(network: NetworkSettings, image_shape: tuple[int, int, int]) -> bool:
    if isinstance(network, TorchvisionSettings) or not _is_ours(network):
        return False
    sides = zip(image_shape[1:], network.image_shape[1:], strict=True)
    return (
        network.width <= 1.0
        and network.dimension <= _MOST_FEATURES
        and all(least <= side <= _LARGEST_SIDE for side, least in sides)
    )


def _tells_apart(loss: LossSettings, num_features: int, num_classes: int) -> bool:
    if not _is_ours(loss) or not 2 <= num_classes <= _MOST_CLASSES:
        return False
    try:
        loss.require_sizes(num_features, num_classes)
    except ValueError:
        return False  # to be said with its place
    return True


def _is_ours(component: NetworkSettings | LossSettings) -> bool:
    return type(component).__module__.startswith(_OURS)
