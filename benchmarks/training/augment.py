"""How fast batches are augmented: 128 images of 3×32×32, each part by itself.

Run as ``python -m benchmarks.training.augment``. RandAugment is compared with torchvision's, which
draws once for a whole batch, or is called for each image. Parts are timed in turn, and the median
of all turns is told.
"""

from __future__ import annotations

import argparse
import platform
import statistics
import time
from collections.abc import Callable

import torch
from torch import Tensor
from torchvision.transforms import v2

from incay.trainables.augment import policies
from incay.trainables.augment.erasing import ErasingSettings
from incay.trainables.augment.jitter import JitterSettings
from incay.trainables.augment.mix import MixSettings
from incay.trainables.augment.modules.base import Augmenter
from incay.trainables.augment.resized_crop import ResizedCropSettings

SHAPE = (3, 32, 32)
IMAGES = 128


def tasks(device: torch.device) -> dict[str, Callable[[int], object]]:
    """Return what is timed, by name; each takes a step."""
    draw = torch.Generator().manual_seed(0)
    images = torch.randint(0, 256, (IMAGES, *SHAPE), dtype=torch.uint8, generator=draw).to(device)
    floats, labels = images.float(), torch.arange(IMAGES, device=device) % 10
    theirs = v2.RandAugment()

    def pixels(augmenter: Augmenter) -> Callable[[int], Tensor]:
        return lambda step: augmenter.pixels(images, step)

    parts = {
        "resized_crop": ResizedCropSettings(min_area=0.08),
        "jitter": JitterSettings(brightness=0.4, contrast=0.4, saturation=0.4),
        "jitter with hue": JitterSettings(brightness=0.4, contrast=0.4, saturation=0.4, hue=0.1),
        **{name: policies[name]() for name in policies if name != "none"},
    }
    found: dict[str, Callable[[int], object]] = {
        name: pixels(Augmenter((part,), SHAPE, 10, 0)) for name, part in parts.items()
    }
    erasing = Augmenter((ErasingSettings(probability=0.5),), SHAPE, 10, 0)
    found["erasing"] = lambda step: erasing.normalized(floats, step)
    mixup = Augmenter((MixSettings(name="mixup"),), SHAPE, 10, 0)
    found["mixup"] = lambda step: mixup.mixed(floats, labels, step)
    found["torchvision's RandAugment, a draw a batch"] = lambda _: theirs(images)
    found["torchvision's RandAugment, a draw an image"] = lambda _: torch.stack(
        [theirs(image) for image in images]
    )
    return found


def main() -> None:
    """Print images a second for each part."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--turns", type=int, default=40)
    given = parser.parse_args()
    torch.set_num_threads(given.threads)
    device = torch.device(given.device)
    timed, seconds = tasks(device), dict[str, list[float]]()
    for step in range(given.turns + 1):
        for name, task in timed.items():
            started = time.perf_counter()
            task(step)
            if device.type == "cuda":
                torch.cuda.synchronize()
            if step:  # the first warms up
                seconds.setdefault(name, []).append(time.perf_counter() - started)
    print(f"{platform.processor() or platform.machine()}, {given.threads} thread(s), {device}")
    for name, each in seconds.items():
        median = statistics.median(each)
        print(f"{name:45} {1000 * median:8.2f} ms {IMAGES / median:10,.0f} images/s")


if __name__ == "__main__":
    main()
