"""The same bits again: deterministic algorithms for as long as a trial computes."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch.backends import cudnn

_WORKSPACE = "CUBLAS_WORKSPACE_CONFIG"


@contextmanager
def deterministic_algorithms(enabled: bool) -> Iterator[None]:
    """Allow only operations that give the same bits every time, on the same machine and versions.

    CUDA's usual convolution gradients and scattered sums add in whatever order threads end, so
    that two runs of one trial part in the last digits. An operation without a deterministic
    form raises a `RuntimeError` that names it. On the CPU nothing changes: all that trials
    use is deterministic there.

    Args:
        enabled: Otherwise nothing happens at all.

    What it sets is the process's own, so it is put back in the end: a worker trains other
    trials afterwards.
    """
    if not enabled:
        yield
        return
    mode, benchmark = torch.get_deterministic_debug_mode(), cudnn.benchmark
    workspace = os.environ.get(_WORKSPACE)
    # cuBLAS needs a fixed workspace; PyTorch refuses to multiply matrices without it.
    os.environ.setdefault(_WORKSPACE, ":4096:8")
    torch.use_deterministic_algorithms(True)
    cudnn.benchmark = False  # it would choose a convolution by its time in this run
    try:
        yield
    finally:
        torch.set_deterministic_debug_mode(mode)
        cudnn.benchmark = benchmark
        if workspace is None:
            del os.environ[_WORKSPACE]
