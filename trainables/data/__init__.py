"""Data sets. Each file registers one or more; `datasets` maps names to settings classes."""

from trainables.data.base import DataError, DatasetSettings, ImageData, Split
from trainables.registry import Registry

datasets: Registry[DatasetSettings] = Registry("dataset", __name__)
register_dataset = datasets.register

__all__ = [
    "DataError",
    "DatasetSettings",
    "ImageData",
    "Split",
    "datasets",
    "register_dataset",
]
