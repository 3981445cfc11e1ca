"""Losses. Each file registers one; `losses` maps names to their settings classes."""

from incay.trainables.losses.base import LossSettings
from incay.trainables.registry import Registry

losses: Registry[LossSettings] = Registry("loss", __name__)
register_loss = losses.register

__all__ = ["LossSettings", "losses", "register_loss"]
