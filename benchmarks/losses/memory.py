"""Peak memory of one training step of every loss.

Run as ``python -m benchmarks.losses.memory``. It prints one line per loss: the bytes that forward,
backward and centre update need at most beyond the loss's own parameters and the features, and
how many (batch, classes) matrices lie in memory at once, at the peak and between forward and
backward. On a GPU the bytes are the allocator's; on the CPU they are those of all live tensors.
"""

from __future__ import annotations

import argparse
import platform
import weakref
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

import torch
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

from incay.trainables.losses import losses
from incay.trainables.losses.modules.base import Loss
from incay.trainables.training.objective import reduce_terms


class LiveStorages(TorchDispatchMode):  # type: ignore[no-untyped-call]
    """Follows the memory of every tensor that an operation makes while it is active.

    Attributes:
        peak_bytes: The most bytes alive at once.
        peak_matrices: The most storages of `matrix_bytes` alive at once.
        matrices: Those alive now.
    """

    def __init__(self, matrix_bytes: int) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._matrix_bytes = matrix_bytes
        self._known: weakref.WeakSet[torch.UntypedStorage] = weakref.WeakSet()
        self._bytes = 0
        self.matrices = 0
        self.peak_bytes = 0
        self.peak_matrices = 0

    @contextmanager
    def ignoring(self, *tensors: torch.Tensor) -> Iterator[None]:
        """Count neither these tensors nor their views while active."""
        for tensor in tensors:
            self._known.add(tensor.untyped_storage())
        with self:
            yield

    def __torch_dispatch__(
        self, func: Any, types: Any, args: Any = (), kwargs: Any = None
    ) -> Any:  # the signature is PyTorch's
        result = func(*args, **(kwargs or {}))
        for leaf in tree_leaves(result):
            # A sparse tensor consists of others, which were followed when they were made.
            if isinstance(leaf, torch.Tensor) and leaf.layout == torch.strided:
                self._follow(leaf.untyped_storage())
        return result

    def _follow(self, storage: torch.UntypedStorage) -> None:
        if storage in self._known:
            return
        self._known.add(storage)
        size = storage.nbytes()
        weakref.finalize(storage, self._change, -size, -int(size == self._matrix_bytes))
        self._change(size, int(size == self._matrix_bytes))

    def _change(self, size: int, matrices: int) -> None:
        self._bytes += size
        self.matrices += matrices
        self.peak_bytes = max(self.peak_bytes, self._bytes)
        self.peak_matrices = max(self.peak_matrices, self.matrices)


class Usage(NamedTuple):
    """What one training step needs."""

    peak_bytes: int
    peak_matrices: int
    held_matrices: int
    """(batch, classes) matrices that wait for the backward pass."""


def measure(loss: Loss, features_BD: torch.Tensor, labels_B: torch.Tensor, classes: int) -> Usage:
    """Return what forward, backward and the update after the step need."""
    matrix_bytes = len(labels_B) * classes * features_BD.element_size()
    live = LiveStorages(matrix_bytes)
    features_BD.requires_grad_()
    with live.ignoring(features_BD, labels_B, *loss.parameters(), *loss.buffers()):
        objective, _ = reduce_terms(loss(features_BD, labels_B, 0).terms)
        held_matrices = live.matrices
        objective.backward()  # type: ignore[no-untyped-call]
        loss.after_step(features_BD.detach(), labels_B)
    return Usage(live.peak_bytes, live.peak_matrices, held_matrices)


def allocated(loss: Loss, features_BD: torch.Tensor, labels_B: torch.Tensor) -> int:
    """Return the same bytes as a GPU's allocator counts them."""
    features_BD.requires_grad_()
    torch.cuda.reset_peak_memory_stats()
    before = torch.cuda.memory_allocated()
    objective, _ = reduce_terms(loss(features_BD, labels_B, 0).terms)
    objective.backward()  # type: ignore[no-untyped-call]
    loss.after_step(features_BD.detach(), labels_B)
    return torch.cuda.max_memory_allocated() - before


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--batch", type=int, default=256)
    parser.add_argument("--features", type=int, default=512)
    parser.add_argument("--classes", type=int, default=10_572)
    shape = parser.parse_args()
    on_gpu = torch.cuda.is_available()
    device = torch.device("cuda" if on_gpu else "cpu")
    machine = torch.cuda.get_device_name() if on_gpu else f"{platform.machine()} CPU"
    print(
        f"# torch {torch.__version__}, Python {platform.python_version()}, {machine}; "
        f"batch {shape.batch}, features {shape.features}, classes {shape.classes}, float32: "
        f"one (batch, classes) matrix is {shape.batch * shape.classes * 4:,} bytes"
    )
    print(f"{'loss':<20} {'peak bytes':>14} {'matrices at peak':>17} {'held for backward':>18}")
    torch.manual_seed(0)
    for name in losses:
        try:
            loss = losses[name]().build(shape.features, shape.classes).to(device)
        except ValueError as error:  # it cannot have so many classes
            print(f"{name:<20} {error}")
            continue
        features = torch.randn(shape.batch, shape.features, device=device)
        labels = torch.randint(shape.classes, (shape.batch,), device=device)
        usage = measure(loss, features, labels, shape.classes)
        peak = usage.peak_bytes
        if on_gpu:
            loss.zero_grad(set_to_none=True)
            peak = allocated(loss, features.detach().clone(), labels)
        print(f"{name:<20} {peak:>14,} {usage.peak_matrices:>17} {usage.held_matrices:>18}")


if __name__ == "__main__":
    main()
