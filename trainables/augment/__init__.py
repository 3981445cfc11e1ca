"""Random changes of training images. Each policy is one file, which registers it by its name."""

from incay.trainables.augment.base import PolicySettings
from incay.trainables.registry import Registry

policies: Registry[PolicySettings] = Registry("augmentation", __name__, default="none")
register_augmentation = policies.register

__all__ = ["PolicySettings", "policies", "register_augmentation"]
