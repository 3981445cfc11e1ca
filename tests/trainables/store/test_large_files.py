"""A file that was made too large is refused at once, whatever memory the machine has."""

from __future__ import annotations

import os
import resource
import subprocess
import sys
from pathlib import Path

import pytest

from incay.trainables.store.files import Files
from incay.trainables.store.reading.damage import RecordError
from incay.trainables.store.reading.door import MOST_TABLE

READING = """
import re, sys
from pathlib import Path
from incay.trainables.store.files import Files
from incay.trainables.store.reading.damage import RecordError
from incay.trainables.store.reading.door import MOST_TABLE
files = Files(sys.argv[1])
for read in (
    lambda: files.read_matching("table", "0" * 64, most=MOST_TABLE),
    lambda: files.read_checked("table"),
):
    try:
        read()
    except RecordError as error:
        print(error)
print(int(re.search("VmHWM:\\s+(\\d+)", Path("/proc/self/status").read_text())[1]) // 1024)
"""


def _sparse(path: Path, size: int) -> None:
    path.touch()
    os.truncate(path, size)


def test_a_large_file_that_does_not_match_is_never_held_in_memory(tmp_path: Path) -> None:
    _sparse(tmp_path / "table", 2**29)
    done = subprocess.run(
        [sys.executable, "-c", READING, str(tmp_path)], capture_output=True, text=True, check=True
    )
    first, second, megabytes = done.stdout.splitlines()
    assert "must match its checksum, but does not: it was altered or cut short" in first
    assert "must match its checksum, but does not" in second
    assert int(megabytes) < 300


def test_a_table_that_no_trial_writes_is_not_read(tmp_path: Path) -> None:
    _sparse(tmp_path / "table", 7 * 2**30)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_utime
    with pytest.raises(RecordError, match="must have at most 1,073,741,824 bytes, but has"):
        Files(tmp_path).read_matching("table", "0" * 64, most=MOST_TABLE)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_utime - before < 1.0


def test_a_large_file_that_matches_is_read(tmp_path: Path) -> None:
    content = bytes(2**26 + 1)
    files = Files(tmp_path)
    files.write_checked("checkpoint", content)
    assert files.read_checked("checkpoint") == content
