"""Networks. Each file registers one; `networks` maps names to their settings classes."""

from incay.trainables.networks.base import NetworkSettings
from incay.trainables.registry import Registry

networks: Registry[NetworkSettings] = Registry("network", __name__)
register_network = networks.register

__all__ = ["NetworkSettings", "networks", "register_network"]
