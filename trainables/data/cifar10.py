"""CIFAR-10."""

from __future__ import annotations

from dataclasses import dataclass

from incay.trainables.data import register_dataset
from incay.trainables.data.cifar import CIFARSettings


@register_dataset("cifar10")
@dataclass(frozen=True, kw_only=True)
class CIFAR10Settings(CIFARSettings):
    """CIFAR-10: 6,000 images of each of 10 kinds of objects."""

    folders = ("cifar10", "cifar10/plain_text", "cifar10/data")
    label_column = "label"
    binary_folder = "cifar-10-batches-bin"
    binary_files = (
        tuple(f"data_batch_{number}.bin" for number in range(1, 6)),
        ("test_batch.bin",),
    )
    label_bytes = 1
    archive = ("cifar-10-binary.tar.gz", "c32a1d4ab5d03f1284b67883e8d87530")
    class_names = (
        "airplane",
        "automobile",
        "bird",
        "cat",
        "deer",
        "dog",
        "frog",
        "horse",
        "ship",
        "truck",
    )
    how_to_obtain = (
        "Put the Parquet files of huggingface.co/datasets/uoft-cs/cifar10 into DIR/cifar10, or "
        "unpack cifar-10-binary.tar.gz of www.cs.toronto.edu/~kriz/cifar.html there."
    )
