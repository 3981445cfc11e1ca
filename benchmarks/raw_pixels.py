"""What a network for faces has to beat: the pixels themselves as features.

Run as ``python -m benchmarks.raw_pixels --data-root DIR``. It judges them by the protocol, pairs
and image size of the built-in study ``faces-orl``.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import numpy.typing as npt

from incay.study.spec.catalog import find_study
from incay.study.spec.study import parse_study
from incay.trainables.faces.verification import FaceVerification


def raw_pixels(images: npt.NDArray[np.uint8]) -> npt.NDArray[np.float32]:
    """Return the pixels as features."""
    return images.reshape(len(images), -1).astype(np.float32)


def main() -> None:
    """Print the error and the other measures of verification."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data-root", type=Path, required=True)
    arguments = parser.parse_args()
    dataset = parse_study(find_study("faces-orl")).arms[0].config.dataset
    verification = dataset.load(arguments.data_root).verification
    assert isinstance(verification, FaceVerification)
    metrics = verification.evaluate(raw_pixels).metrics()
    figures = ", ".join(f"{name} {value:.4g}" for name, value in metrics.items())
    print(f"raw pixels on {dataset.name}, {len(verification.same)} pairs: {figures}")


if __name__ == "__main__":
    main()
