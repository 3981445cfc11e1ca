"""The papers' networks with pooling before ReLU: the same bits with a quarter of ReLU's work.

ReLU keeps the order of numbers, so that the largest of a window is the same before and after it,
and so is which of several equal ones is taken. Where all of a window is negative, ReLU gives 0 on
either side, and no gradient passes. Only the sign of a zero may differ, which no number of a trial
shows. No fingerprint counts this: tests hold it to the network as it is defined, bit for bit.
"""

from __future__ import annotations

from torch import nn

from incay.trainables.networks.modules.base import FeatureNetwork
from incay.trainables.networks.modules.mnist_2d import MNIST2D
from incay.trainables.networks.modules.plain_cnn import PlainCNN

_CHAINS = (MNIST2D, PlainCNN)
"""Networks whose trunk is a chain of layers of ours; what somebody else has written stays as it
is."""


def pool_first(network: FeatureNetwork) -> None:
    """Let each max pooling that follows a ReLU come before it; names of layers stay.

    Args:
        network: Changed in place; one of another class is left alone.
    """
    if type(network) not in _CHAINS or not isinstance(network.trunk, nn.Sequential):
        return
    layers = list(network.trunk.named_children())
    for place in range(1, len(layers)):
        before, layer = layers[place - 1][1], layers[place][1]
        if type(before) is nn.ReLU and type(layer) is nn.MaxPool2d:
            layers[place - 1 : place + 1] = layers[place], layers[place - 1]
    for name, layer in layers:  # in place of a new chain: hooks and whoever knows it stay
        delattr(network.trunk, name)
        network.trunk.add_module(name, layer)
