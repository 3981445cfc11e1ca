"""One training step of a network on random images that lie ready, and how much it computes."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor
from torch.utils.flop_counter import FlopCounterMode

from incay.trainables.networks import networks
from incay.trainables.optimizers.modules.update import Update
from incay.trainables.optimizers.sgd import SGDSettings

FORMATS = {"channels_last": torch.channels_last, "nchw": torch.contiguous_format}
PRECISIONS = {"fp32": torch.float32, "bf16": torch.bfloat16}
_CLASSES = 10
_SIDE = 1024


class Step:
    """Forward, cross entropy, backward and SGD of a network: what a trial's ceiling is made of.

    Args:
        network: Its registered name; images are of the shape that it was published for.
        precision: ``fp32`` or ``bf16``.
        layout: How images and weights lie in memory, of `FORMATS`.
        batch_size: Images of a step.
    """

    def __init__(self, network: str, precision: str, layout: str, batch_size: int) -> None:
        shape = networks[network].image_shape
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(0)
            self.network = networks[network]().build(shape)
            self._classifier = torch.nn.Linear(self.network.num_features, _CLASSES)
            images = torch.randn(batch_size, *shape)
        form = FORMATS[layout]
        self._images = images.to(memory_format=form)
        self._labels = torch.arange(batch_size) % _CLASSES
        self._modules = torch.nn.ModuleList([self.network, self._classifier])
        self._modules.to(memory_format=form)
        self.optimizer = Update(SGDSettings(), self._modules)
        self.optimizer.set_lr(0.01)
        self._autocast = PRECISIONS[precision] if precision != "fp32" else None
        self.runs: Callable[[Tensor], Tensor] = self.network

    def __call__(self) -> None:
        """Take one step."""
        with torch.autocast("cpu", self._autocast, self._autocast is not None):
            features = self.runs(self._images)
        objective = F.cross_entropy(self._classifier(features.float()), self._labels)
        self.optimizer.zero_grad()
        objective.backward()  # type: ignore[no-untyped-call]
        self.optimizer.step()

    def flops(self) -> int:
        """Return the floating-point operations of a step's products: two a multiply-add."""
        with FlopCounterMode(display=False) as counter:
            self()
        return int(counter.get_total_flops())

    def digest(self) -> str:
        """Return a hash of every bit of the weights and statistics."""
        found = hashlib.sha256()
        for value in self._modules.state_dict().values():
            found.update(value.contiguous().numpy().tobytes())
        return found.hexdigest()[:12]


class Product:
    """The product of two matrices of 1024 × 1024: what a processor reaches at best."""

    flops = 2 * _SIDE**3

    def __init__(self, precision: str) -> None:
        self._factors = torch.randn(2, _SIDE, _SIDE, dtype=PRECISIONS[precision])

    def __call__(self) -> None:
        """Multiply once."""
        torch.mm(self._factors[0], self._factors[1])


def seconds(step: Step | Product, calls: int) -> float:
    """Return what a call takes, as the mean of some: on one thread its own time.

    Other work on the machine takes nothing from that but what it takes from caches and memory.
    """
    clock = time.thread_time if torch.get_num_threads() == 1 else time.perf_counter
    started = clock()
    for _ in range(calls):
        step()
    return (clock() - started) / calls
