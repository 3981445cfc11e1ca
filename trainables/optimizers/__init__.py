"""Optimisers. Each file registers one; `optimizers` maps names to their settings classes."""

from incay.trainables.optimizers.base import OptimizerSettings
from incay.trainables.registry import Registry

optimizers: Registry[OptimizerSettings] = Registry("optimizer", __name__, default="sgd")
register_optimizer = optimizers.register

__all__ = ["OptimizerSettings", "optimizers", "register_optimizer"]
