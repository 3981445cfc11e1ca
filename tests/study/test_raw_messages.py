"""What libraries write to the terminal past Python is not shown, and what Python says is."""

from __future__ import annotations

import signal
from pathlib import Path

from programs import python

RUN = """\
import os, sys
from incay.study.surroundings import only_what_is_told, prepare, tell_by_descriptor
prepare()
os.write(2, b"before\\n")
with only_what_is_told():
    os.write(2, b"raw\\n")
    sys.stderr.write("told \\x1b[31m\\n")
    {end}
os.write(2, b"after\\n")
sys.stderr.write("told again\\n")
"""


def test_while_a_run_lasts_only_what_is_told_is_shown(tmp_path: Path) -> None:
    done = python("-c", RUN.format(end="pass"), cwd=tmp_path)
    assert done.returncode == 0
    assert done.stderr.splitlines() == ["before", "told \\x1b[31m", "after", "told again"]


def test_a_library_that_ends_the_process_leaves_a_stack(tmp_path: Path) -> None:
    done = python("-c", RUN.format(end="os.abort()"), cwd=tmp_path)
    assert done.returncode == -signal.SIGABRT
    assert "Fatal Python error: Aborted" in done.stderr
    assert "raw" not in done.stderr


def test_a_program_that_goes_on_in_its_place_is_heard(tmp_path: Path) -> None:
    end = "tell_by_descriptor(); os.execv('/bin/sh', ['sh', '-c', 'echo heard >&2'])"
    done = python("-c", RUN.format(end=end), cwd=tmp_path)
    assert done.stderr.splitlines()[-1] == "heard"
