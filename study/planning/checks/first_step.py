"""Whether a network can take a first step on a data set's images, asked before any trial begins."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import torch

from incay.trainables.config import TrialConfig
from incay.trainables.data_root import data_root_set
from incay.trainables.errors import said
from incay.trainables.exits import asked_from_outside
from incay.trainables.losses import LossSettings
from incay.trainables.networks import NetworkSettings
from incay.trainables.source.tree import own_code
from incay.trainables.uses.problems import place_in

_MOST_PARAMETERS = 10**9
_TOO_LARGE = "a network has at most 10^9 weights (16 GB to train)"


def refusal(
    config: TrialConfig,
    image_shape: tuple[int, int, int],
    num_classes: int,
    batch_size: int,
    data_root: Path | None = None,
) -> tuple[str, str]:
    """Return which setting makes a first step impossible, and why; two empty texts if none does.

    Args:
        config: The trial.
        image_shape: (channels, height, width).
        num_classes: K.
        batch_size: Images of a step. All batches have this size: what is left of an epoch is
            drawn in another one. Batch norm sees one part of it, where it is taken in parts.
        data_root: Below which the files lie that settings name.
    """
    parts = config.optimizer.accumulate
    seen = min(batch_size // parts, 2)
    setting, why = _refusal(config.network, config.loss, image_shape, num_classes, seen, data_root)
    if setting == "batch_size" and parts > 1:
        return "optimizer.accumulate", (
            f"{parts} parts of a batch of {batch_size} leave some of one image, and network "
            f"{config.network.name!r} needs two or more: {why}"
        )
    return setting, why


def _check_size(*parts: torch.nn.Module) -> None:
    count = sum(each.numel() for part in parts for each in part.parameters())
    if count > _MOST_PARAMETERS:
        raise ValueError(f"{_TOO_LARGE}, and it has {count:,}")


def _check_dropout(settings: NetworkSettings, built: torch.nn.Module) -> None:
    """Refuse a network that would leave its dropout unused: its trials would be the plain ones."""
    layers = (each for each in built.modules() if isinstance(each, torch.nn.Dropout))
    if settings.dropout and all(each.p != settings.dropout for each in layers):
        raise ValueError(
            f"network.dropout must be used by the network (build_head does), but "
            f"{settings.name!r} has no such layer"
        )


@cache
def _refusal(
    network: NetworkSettings,
    loss: LossSettings,
    image_shape: tuple[int, int, int],
    num_classes: int,
    batch_size: int,
    data_root: Path | None,
) -> tuple[str, str]:
    doing = "network"
    try:
        # Shapes without numbers, so that this takes no time and no memory.
        with data_root_set(data_root), torch.device("meta"):
            built = network.build(image_shape)
            doing = "loss"
            scores = loss.build(built.num_features, num_classes)
        doing = "network"
        _check_size(built, scores)
        _check_dropout(network, built)
        if batch_size == 1:
            doing = "batch_size"
            with (
                data_root_set(data_root),
                torch.random.fork_rng(devices=[]),
                torch.no_grad(),
            ):
                network.build(image_shape).train()(torch.zeros(1, *image_shape))
    except ValueError as error:
        files = own_code.files
        return doing, f"{place_in(error, files)}{said(error)}"
    except OverflowError:
        return doing, _TOO_LARGE
    except RuntimeError as error:
        if "overflow" in said(error):
            return doing, _TOO_LARGE
        return "", ""
    except BaseException as error:
        if asked_from_outside(error):
            raise
        # One that needs more than shapes, such as a file of weights: its trial will say.
        return "", ""
    return "", ""
