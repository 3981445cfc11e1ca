"""What a worker frees it gets again without a page fault; another process gives it back."""

from __future__ import annotations

import platform
import subprocess
import sys

import pytest

FAULTS = """
import resource, torch
from incay.trainables.worker.memory import keep_memory, memory_kept

def faults() -> int:
    found = []
    for _ in range(10):  # the least: a busy system takes pages away from whoever waits long
        before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
        torch.zeros(2**24)  # 64 MB
        found.append(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)
    return min(found)

def resident() -> int:
    return int(open("/proc/self/statm").read().split()[1]) * resource.getpagesize()

by_itself = faults()
with memory_kept():
    kept = faults()
    held = resident()
given_back = held - resident()
keep_memory()
print(by_itself, kept, faults(), given_back)
"""


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="another C library")
def test_memory_is_kept_from_step_to_step() -> None:
    done = subprocess.run(
        [sys.executable, "-c", FAULTS], check=True, capture_output=True, text=True
    )
    by_itself, kept, worker, given_back = map(int, done.stdout.split())
    pages = 2**26 // 4096
    assert by_itself > pages // 2, "blocks so large come from the system each time"
    assert max(kept, worker) < pages // 5
    assert given_back > 2**25
