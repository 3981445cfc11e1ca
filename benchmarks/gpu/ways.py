"""Ways of running a network that the engine might take up."""

from __future__ import annotations

import torch
from torch import Tensor

from benchmarks.training import engine
from incay.trainables.networks.modules.base import FeatureNetwork


def as_graph(network: FeatureNetwork, images: Tensor, autocast: torch.dtype | None) -> None:
    """Replay forward and backward of the network as CUDA graphs from now on."""
    before = {name: value.clone() for name, value in network.state_dict().items()}
    with torch.autocast("cuda", autocast, enabled=autocast is not None, cache_enabled=False):
        torch.cuda.make_graphed_callables(network, (images,))
    network.load_state_dict(before)  # warming up counts in the batch norms' running means


def compiled(network: FeatureNetwork, images: Tensor, autocast: torch.dtype | None) -> None:
    """Compile the network at its first call."""
    del images, autocast
    network.compile()


WAYS: dict[str, engine.Adapt | None] = {
    "as it is": None,
    "cudnn.benchmark": None,
    "CUDA graph": as_graph,
    "compiled": compiled,
}
"""Ways of running a network; all but the first also let cuDNN choose by trying."""
