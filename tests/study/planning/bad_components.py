"""Users' components of other kinds with one fault each, in a file beside a sound loss."""

from __future__ import annotations

from collections.abc import Mapping

from tests.study.planning.bad_files import Bad

DATASET = """\
from dataclasses import dataclass

from incay.components import DatasetSettings, register_dataset


@register_dataset("my-set")
@dataclass(frozen=True, kw_only=True)
class MySettings(DatasetSettings):
    def load(self, data_root):
        return None

    def content_hash(self, data_root):
        return "0"
"""
NETWORK = """\
from dataclasses import dataclass

from torch import nn

from incay.components import NetworkSettings, register_network


@register_network("my-net")
@dataclass(frozen=True, kw_only=True)
class MySettings(NetworkSettings):
    def build(self, image_shape):
        network = nn.Flatten()
        network.num_features = 3
        return network
"""
FORM = """\
from incay.components import IncayForm, register_form


@register_form("my-form")
class My(IncayForm):
    @staticmethod
    def penalty(squared_norm_B, epsilon):
        return 1 / squared_norm_B
"""

LEARNING = """\
from incay.components import IncayForm, register_form


@register_form("my-form")
class My(IncayForm):
    learned = ("radius",)

    @staticmethod
    def batch_penalty(batch):
        return batch.norms() + batch.logits()[:, 0] - batch.learned["radius"]

    @staticmethod
    def begin(batch):
        return {}
"""
OPTIMIZER = """\
from dataclasses import dataclass

import torch

from incay.components import OptimizerSettings, register_optimizer


@register_optimizer("my-optimizer")
@dataclass(frozen=True, kw_only=True)
class MySettings(OptimizerSettings):
    def build(self, groups):
        return torch.optim.SGD(groups, lr=self.lr)
"""
SCHEDULE = """\
from dataclasses import dataclass

from incay.components import Schedule, ScheduleSettings, register_schedule


@register_schedule("my-schedule")
@dataclass(frozen=True, kw_only=True)
class MySettings(ScheduleSettings):
    def build(self, steps):
        return MySchedule()


class MySchedule(Schedule):
    def factor(self, step):
        return -1.0
"""


def _other(told: str, source: str, old: str, new: str, *settings: str) -> Bad:
    assert old in source
    return Bad(
        told,
        files={"other.py": source.replace(old, new)},
        uses="mine.py, other.py",
        settings=settings,
    )


_SET, _NET, _FORM = "dataset=my-set", "network.name=my-net", "incay.form=my-form"
_OPTIMIZER, _SCHEDULE = "optimizer.name=my-optimizer", "schedule.kind=my-schedule"
REFUSED: Mapping[str, Bad] = {
    "data set: nothing": _other(
        "other.py:6: load must return ImageData, but returned NoneType", DATASET, "0", "0", _SET
    ),
    "data set: raises": _other(
        "other.py:10: ZeroDivisionError", DATASET, "return None", "return 1 / 0", _SET
    ),
    "data set: leaves": _other(
        r"it raises SystemExit \(other.py, line 10, in load\)",
        DATASET,
        "return None",
        "raise SystemExit(2)",
        _SET,
    ),
    "data set: no hash": _other(
        "other.py:6: content_hash must return a text", DATASET, 'return "0"', "return 0", _SET
    ),
    "data set: raises in the hash": _other(
        "other.py:13: KeyError", DATASET, 'return "0"', "return {}[0]", _SET
    ),
    "network: features of another shape": _other(
        r"other.py:8: features must have the shape \(4, 3\), but got \(4, 784\)",
        NETWORK,
        "= 3",
        "= 3",
        _NET,
    ),
    "network: without num_features": _other(
        "other.py:8: its num_features must be a whole number, but got None",
        NETWORK,
        "network.num_features = 3",
        "pass",
        _NET,
    ),
    "network: no module": _other(
        "other.py:8: build must return a module, but got NoneType",
        NETWORK,
        "return network",
        "return None",
        _NET,
    ),
    "incay form: not finite at 0": _other(
        "other.py:4: penalty at ‖f‖ = 0 must be finite",
        FORM,
        "1 /",
        "1 /",
        _FORM,
        "incay.weight=0.1",
    ),
    "incay form: one number for all": _other(
        r"other.py:4: penalty must have the shape \(4,\), but got \(\)",
        FORM,
        "1 / squared_norm_B",
        "-squared_norm_B.mean()",
        _FORM,
        "incay.weight=0.1",
    ),
    "incay form: begins with nothing": _other(
        "other.py:4: begin must return 'radius', a tensor without a dimension, but got None",
        LEARNING,
        "{}",
        "{}",
        _FORM,
        "incay.weight=0.1",
    ),
    "incay form: cannot learn": _other(
        "other.py:4: the gradient of change_radius must be finite",
        LEARNING.replace("return {}", 'return {"radius": batch.norms().mean()}'),
        'batch.learned["radius"]',
        '(batch.learned["radius"] - batch.learned["radius"].detach()).sqrt()',
        _FORM,
        "incay.weight=0.1",
    ),
    "incay form: neither method": _other(
        "other.py:4: incay form 'my-form' must have a method 'penalty' or 'batch_penalty'",
        LEARNING,
        "def batch_penalty",
        "def penalties",
        _FORM,
    ),
    "optimizer: none": _other(
        "other.py:8: build must return an optimizer of torch.optim's kind, but got NoneType",
        OPTIMIZER,
        "return torch.optim.SGD(groups, lr=self.lr)",
        "return None",
        _OPTIMIZER,
    ),
    "optimizer: raises": _other(
        "other.py:12: KeyError", OPTIMIZER, "lr=self.lr", "lr={}[0]", _OPTIMIZER
    ),
    "schedule: negative": _other(
        r"other.py:6: the factor of step \d+ must be a finite number >= 0, but got -1.0",
        SCHEDULE,
        "-1.0",
        "-1.0",
        _SCHEDULE,
    ),
    "schedule: none": _other(
        "other.py:6: build must return a Schedule, but got NoneType",
        SCHEDULE,
        "return MySchedule()",
        "return None",
        _SCHEDULE,
    ),
}
