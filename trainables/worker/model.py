"""Trained networks in the store: written when a trial completes, loaded without running code."""

from __future__ import annotations

import io
from typing import Any

import torch
from torch import nn

from incay.trainables.config import TrialConfig
from incay.trainables.data.base import ImageData
from incay.trainables.store.records import RecordError
from incay.trainables.store.trials import Store
from incay.trainables.training.trainer import Trainer


def save_model(store: Store, fingerprint: str, trainer: Trainer, data: ImageData) -> None:
    """Keep what a trial has trained, with what is needed to build it again."""
    buffer = io.BytesIO()
    content = {
        "config": trainer.config.to_dict(),
        "image_shape": list(data.image_shape),
        "num_classes": data.num_classes,
        "network": trainer.network.state_dict(),
        "loss": trainer.loss.state_dict(),
    }
    torch.save(content, buffer)
    store.models.write(fingerprint, buffer.getvalue())


def load_model(store: Store, fingerprint: str) -> tuple[nn.Module, nn.Module]:
    """Return the network and the loss (with its classifier) of a trial, ready to evaluate.

    The network maps standardised images (batch, channels, height, width) to features
    (batch, dimension).

    Args:
        store: Where the trial is recorded.
        fingerprint: Which trial.

    Raises:
        RecordError: No network of the trial is kept, or the file is damaged.
    """
    content = store.models.read(fingerprint)
    if content is None:
        raise RecordError(
            f"{store.where('')}: a network of trial {fingerprint} must be kept there, but is not; "
            "keep_models of its study says how many are"
        )
    state: dict[str, Any] = torch.load(io.BytesIO(content), map_location="cpu", weights_only=True)
    config = TrialConfig.from_dict(state["config"])
    network = config.network.build(tuple(state["image_shape"]))
    loss = config.loss.build(network.num_features, state["num_classes"])
    network.load_state_dict(state["network"])
    loss.load_state_dict(state["loss"])
    return network.eval(), loss.eval()
