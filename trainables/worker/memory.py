"""Memory that a worker's training keeps from step to step.

A step's activations are large blocks. By itself glibc gives each back to the system when it is
freed, and the next step pays a page fault for every four kilobytes of what it is given anew, which
the system fills with zeros first. What is computed does not depend on it.
"""

from __future__ import annotations

import ctypes
from collections.abc import Iterator
from contextlib import contextmanager

# Names and numbers of <malloc.h>.
_M_TRIM_THRESHOLD, _M_MMAP_MAX = -1, -4
_BY_ITSELF = {_M_MMAP_MAX: 65_536, _M_TRIM_THRESHOLD: 128 * 1024}
_KEPT = {_M_MMAP_MAX: 0, _M_TRIM_THRESHOLD: 2**31 - 1}


def keep_memory() -> None:
    """Keep what is freed for what is asked for next, up to two gigabytes at the end of the heap.

    The most that the process uses stays the same, but for the gaps between blocks. Where the C
    library is another than glibc nothing happens.
    """
    _set(_KEPT)


@contextmanager
def memory_kept() -> Iterator[None]:
    """Do so while the block runs, in a process that is not only a worker's."""
    keep_memory()
    try:
        yield
    finally:
        _set(_BY_ITSELF)
        trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
        if trim is not None:
            trim(0)


def _set(values: dict[int, int]) -> None:
    change = getattr(ctypes.CDLL(None), "mallopt", None)
    if change is None:
        return
    for parameter, value in values.items():
        change(parameter, value)
