"""What every network must keep: see `incay.trainables.networks.modules.base.FeatureNetwork`."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from incay.trainables.conformance.claims import (
    built_twice,
    claim,
    claim_finite_gradients,
    claim_tensor,
    no_draws,
)
from incay.trainables.conformance.small_trials import check_training, small_config, small_data
from incay.trainables.networks import NetworkSettings

_MOST = 5
"""Images of the largest batch that is tried."""


def check_network(
    settings: NetworkSettings, *, image_shape: tuple[int, int, int] | None = None
) -> str:
    """Check what every network must keep.

    That is: features of `num_features` numbers, finite, for black images too and under bf16
    autocast; in evaluation batches of any size, an image's features being its own, and no random
    numbers; a finite gradient for every parameter; the same numbers from the same seed; a resumed
    trial that is the uninterrupted one, bit for bit.

    Gradients are PyTorch's own, and are not compared with differences: ReLU and pooling have
    edges, and features are float32 by design.

    Args:
        settings: The network, as a study would set it; some steps are trained with it.
        image_shape: (channels, height, width); of its settings where it is left out.

    Returns:
        Why its trials must train one by one where a study asks for stacks; nothing if they can be
        stacked.

    Raises:
        AssertionError: Something does not hold.
    """
    what = f"network {settings.name!r}"
    shape = settings.image_shape if image_shape is None else image_shape
    network = built_twice(what, lambda: settings.build(shape))
    size = getattr(network, "num_features", None)
    claim(isinstance(size, int), f"{what}: its num_features must be a whole number", size)
    images_BCHW = torch.rand((_MOST, *shape), generator=torch.Generator().manual_seed(0))
    _claim_evaluation(what, network.eval(), images_BCHW, int(str(size)))
    _claim_step(what, network.train(), images_BCHW, int(str(size)))
    return check_training(what, small_config(network=settings), small_data(shape))


def _claim_evaluation(what: str, network: nn.Module, images_BCHW: Tensor, size: int) -> None:
    with torch.no_grad():
        with no_draws(f"{what} in evaluation"):
            together_BD = network(images_BCHW)
        claim_tensor(f"{what}: features", together_BD, (_MOST, size))
        for count in range(1, _MOST):
            features_BD = network(images_BCHW[:count])
            claim_tensor(f"{what}: features of {count} images", features_BD, (count, size))
            apart = float((features_BD - together_BD[:count]).abs().max())
            limit = 1e-3 * max(1.0, float(together_BD.abs().max()))
            claim(
                apart <= limit,
                f"{what}: in evaluation an image's features must not depend on the others of "
                "its batch",
                f"a difference of {apart:.2g} between {count} and {_MOST} images",
            )
        black_BD = network(torch.zeros_like(images_BCHW))
        claim_tensor(f"{what}: features of black images", black_BD, (_MOST, size))
        with torch.autocast("cpu", torch.bfloat16):
            half_BD = network(images_BCHW)
        claim_tensor(f"{what}: features under bf16 autocast", half_BD, (_MOST, size))


def _claim_step(what: str, network: nn.Module, images_BCHW: Tensor, size: int) -> None:
    with torch.random.fork_rng(devices=[]):
        features_BD = network(images_BCHW)
    claim_tensor(f"{what}: features in training", features_BD, (_MOST, size))
    claim(features_BD.requires_grad, f"{what}: features must have a gradient", "none")
    torch.autograd.backward(features_BD.square().sum())
    claim_finite_gradients(what, network, every=True)
