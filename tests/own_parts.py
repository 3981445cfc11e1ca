"""Components that a researcher has written beside a study: in two files and a helper."""

from __future__ import annotations

from pathlib import Path

PARTS = '''\
"""A loss and an incay form."""

from dataclasses import dataclass

from incay.components import ClassifierLoss, IncayForm, LossSettings, register_form, register_loss

from arithmetic import lowered


@register_loss("lowered-softmax")
@dataclass(frozen=True, kw_only=True)
class LoweredSettings(LossSettings):
    """Softmax whose target logit is w_y·f − m."""

    margin: float = 1.0
    search_space = {"margin": "0.1 .. 4.0"}

    def build(self, num_features, num_classes):
        return Lowered(num_features, num_classes, self.margin)


class Lowered(ClassifierLoss):
    def __init__(self, num_features, num_classes, margin):
        super().__init__(num_features, num_classes)
        self.margin = margin

    def target_logit(self, target_B, *_):
        return lowered(target_B, self.margin)


@register_form("root")
class Root(IncayForm):
    """−√(‖f‖² + ε)."""

    @staticmethod
    def penalty(squared_norm_B, epsilon):
        return -(squared_norm_B + epsilon).sqrt()
'''

ARITHMETIC = '''\
"""What the loss computes."""


def lowered(logit, margin):
    return logit - margin
'''

VISION = '''\
"""A network that drops features at random, and a data set."""

from dataclasses import dataclass

import numpy as np
from torch import nn

from incay.components import (
    DatasetSettings,
    FeatureNetwork,
    ImageData,
    NetworkSettings,
    Split,
    register_dataset,
    register_network,
)


@register_network("dropping")
@dataclass(frozen=True, kw_only=True)
class DroppingSettings(NetworkSettings):
    """Conv 3×3 (8) with stride 2, ReLU, dropout, fully connected to D."""

    dimension: int = 8

    image_shape = (1, 8, 8)

    def build(self, image_shape):
        return Dropping(self, image_shape)


class Dropping(FeatureNetwork):
    def __init__(self, settings, image_shape):
        super().__init__()
        channels, height, width = image_shape
        conv = nn.Conv2d(channels, 8, 3, stride=2, padding=1)
        self.trunk = nn.Sequential(conv, nn.ReLU(), nn.Dropout(0.2), nn.Flatten())
        self.head = settings.build_head(8 * ((height + 1) // 2) * ((width + 1) // 2))
        self.num_features = settings.dimension


@register_dataset("stripes")
@dataclass(frozen=True, kw_only=True)
class StripesSettings(DatasetSettings):
    """Noise with one bright row, which is the class."""

    count: int = 256

    def load(self, data_root):
        draw = np.random.default_rng(0)
        labels = np.arange(self.count) % 4
        images = draw.integers(0, 200, (self.count, 1, 8, 8)).astype(np.uint8)
        images[np.arange(self.count), 0, 2 * labels] = 230
        half = self.count // 2
        return ImageData(
            train=Split(images[:half], labels[:half].astype(np.int64)),
            test=Split(images[half:], labels[half:].astype(np.int64)),
            class_names=("0", "2", "4", "6"),
        )

    def content_hash(self, data_root):
        return f"stripes-{self.count}"
'''

STUDY = """\
name: own
uses: [parts.py, vision.py]
base:
  dataset: stripes
  network: dropping
  loss: softmax
  optimizer: {lr: 0.01}
  steps: STEPS
  batch_size: 16
  reports: REPORTS
  precision: fp32
arms:
  Softmax: {}
  Lowered: {loss: lowered-softmax}
  Root: {incay: {form: root, weight: 0.01}}
confirm: {seeds: 2}
"""


def write_own_study(folder: Path, steps: int = 20, reports: int = 2) -> Path:
    """Write study, components and helper, and return the study's path."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "parts.py").write_text(PARTS)
    (folder / "arithmetic.py").write_text(ARITHMETIC)
    (folder / "vision.py").write_text(VISION)
    path = folder / "own.yaml"
    path.write_text(STUDY.replace("STEPS", str(steps)).replace("REPORTS", str(reports)))
    return path
