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


def auto_precision(gpu: float) -> str:
    """Return the precision that ``precision: auto`` stands for.

    bfloat16 pays where the hardware multiplies it natively: on GPUs from the Ampere
    generation on (a driver without a GPU assumes its workers have one), and on CPUs with
    AVX512-BF16 or AMX. Elsewhere it is emulated and slower than float32.
    """
    if gpu > 0:
        import torch

        native = not gpu_count() or torch.cuda.get_device_capability() >= (8, 0)
    else:
        native = not _cpu_flags().isdisjoint(_NATIVE_BF16)
    return "bf16" if native else "fp32"


@cache
def _cpu_flags() -> frozenset[str]:
    """Return what the processor says that it can do; nothing where the system does not tell."""
    try:
        text = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return frozenset()
    lines = (line.partition(":") for line in text.splitlines())
    return frozenset(
        flag for name, _, flags in lines if name.strip() == "flags" for flag in flags.split()
    )
