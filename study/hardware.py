"""What this machine can do: CPUs, GPUs and whether bfloat16 pays."""

from __future__ import annotations

import os
import sys
from functools import cache
from pathlib import Path

_NATIVE_BF16 = ("avx512_bf16", "amx_tile")
"""Flags of processors that multiply bfloat16 natively."""
_GPU_DEVICES = ("nvidia*", "nvhost*", "nvgpu*", "kfd", "dxg")
"""Names below /dev of what CUDA and ROCm open, on Linux; ``dxg`` is that of WSL."""


def cpu_count() -> int:
    """Return the CPUs that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


@cache
def gpu_count() -> int:
    """Return the GPUs that PyTorch can use here."""
    if sys.platform == "linux" and not any(
        next(Path("/dev").glob(name), None) for name in _GPU_DEVICES
    ):
        return 0  # to ask PyTorch takes two seconds
    import torch

    return torch.cuda.device_count()


def multiplies_bf16(gpu: float) -> bool:
    """Return whether the hardware multiplies bfloat16 natively; else it is emulated, and slower.

    GPUs do from the Ampere generation on (a driver without a GPU assumes its workers have one),
    CPUs with AVX512-BF16 or AMX.
    """
    if gpu > 0:
        import torch

        return not gpu_count() or torch.cuda.get_device_capability() >= (8, 0)
    return not _cpu_flags().isdisjoint(_NATIVE_BF16)


def processor() -> str:
    """Return the processor's model and what it can do, as one text; it may be empty."""
    return " ".join([_said("model name"), *sorted(_cpu_flags())])


@cache
def _cpu_flags() -> frozenset[str]:
    """Return what the processor says that it can do; nothing where the system does not tell."""
    return frozenset(_said("flags").split())


@cache
def _said(key: str) -> str:
    try:
        text = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
    lines = (line.partition(":") for line in text.splitlines())
    return next((value.strip() for name, _, value in lines if name.strip() == key), "")
