"""Data sets. Each file registers one or more; `datasets` maps names to settings classes."""

from incay.trainables.data.base import DataError, DatasetSettings, ImageData, Split
from incay.trainables.registry import Registry

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
