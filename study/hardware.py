"""What this machine can do: CPUs, GPUs and whether bfloat16 pays."""

from __future__ import annotations

import os
from functools import cache


def cpu_count() -> int:
    """Return the CPUs that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


@cache
def gpu_count() -> int:
    """Return the CUDA devices of this machine."""
    import torch

    return torch.cuda.device_count()


def auto_precision(gpu: float) -> str:
    """Return the precision that ``precision: auto`` stands for.

    bfloat16 pays where the hardware multiplies it natively: on GPUs from the Ampere
    generation on (a driver without a GPU assumes its workers have one), and on CPUs with
    AVX512-BF16 or AMX. Elsewhere it is emulated and slower than float32.
    """
    import torch

    if gpu > 0:
        native = not gpu_count() or torch.cuda.get_device_capability() >= (8, 0)
    else:
        native = bool(torch.cpu._is_avx512_bf16_supported() or torch.cpu._is_amx_tile_supported())
    return "bf16" if native else "fp32"
