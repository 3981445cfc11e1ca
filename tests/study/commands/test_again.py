"""A run whose Ray died starts its own command again, once."""

from __future__ import annotations

from pathlib import Path

import pytest
from programs import python

PROGRAM = """
import os, sys, threading
from incay.study.commands.running.again import end_or_start_again
from incay.study.execution.on_ray.watch import RayDiedError

print("started with", *sys.argv[1:], flush=True)
died = RayDiedError("its process 'raylet' was killed by signal 9")
local = sys.argv[1] == "local"
threading.Thread(target=end_or_start_again, args=(died, local, dict(os.environ))).start()
threading.Event().wait()  # stands for a call that never returns
"""


@pytest.mark.parametrize(("where", "starts"), [("local", 2), ("cluster", 1)])
def test_it_starts_again_once_and_then_ends(where: str, starts: int, tmp_path: Path) -> None:
    (tmp_path / "run.py").write_text(PROGRAM)
    done = python("run.py", where, "--set", "a b=1", cwd=tmp_path, timeout=500)
    assert done.returncode == 1
    assert done.stdout == f"started with {where} --set a b=1\n" * starts
    told = done.stderr.splitlines()
    assert len(told) == starts
    assert told[-1] == (
        "incay: Ray must live while a study runs, but its process 'raylet' was killed by signal 9. "
        "Nothing is lost: the same command goes on from the last checkpoints"
    )
