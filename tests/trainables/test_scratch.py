"""Folders for a while go with their block, those of killed processes with the next one's."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from incay.trainables.scratch import Scratch, scratch, sweep

HOLDING = """
import sys
from pathlib import Path
from incay.trainables.scratch import scratch
with scratch("some", Path(sys.argv[1])) as folder:
    (folder / "file").write_text("half")
    print(folder, flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def holder(tmp_path: Path) -> Iterator[tuple[subprocess.Popen[str], Path]]:
    """Another process that uses a folder, and the folder."""
    with subprocess.Popen(
        [sys.executable, "-c", HOLDING, str(tmp_path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        yield process, Path(process.stdout.readline().strip())
        process.kill()


def test_a_folder_is_empty_private_and_gone_afterwards(tmp_path: Path) -> None:
    with scratch("some", tmp_path) as folder:
        assert list(folder.iterdir()) == []
        assert folder.parent.stat().st_mode & 0o077 == 0
        (folder / "file").touch()
    assert list(tmp_path.iterdir()) == []


def test_what_a_killed_process_left_goes_with_the_next(
    tmp_path: Path, holder: tuple[subprocess.Popen[str], Path]
) -> None:
    process, left = holder
    with scratch("some", tmp_path):
        assert left.exists()  # it is in use
    process.send_signal(signal.SIGKILL)
    process.wait()
    with scratch("other", tmp_path):
        assert left.exists()  # of another kind
    with scratch("some", tmp_path) as folder:
        assert list(tmp_path.iterdir()) == [folder.parent]


def test_only_what_was_made_here_is_swept(tmp_path: Path) -> None:
    others = tmp_path / "incay-run-results"
    others.mkdir()
    (others / "lock").touch()
    held = Scratch("run", tmp_path)
    (tmp_path / "incay-run-link").symlink_to(others, target_is_directory=True)
    sweep(tmp_path)
    assert {each.name for each in tmp_path.iterdir()} == {
        *("incay-run-results", "incay-run-link", held.folder.name)
    }
    held.remove()


@pytest.mark.skipif(os.geteuid() != 0, reason="gives a folder to another user")
def test_what_another_user_left_is_theirs(tmp_path: Path) -> None:
    left = Scratch("run", tmp_path)
    left._lock.release()  # as if its process were gone
    os.chown(left.folder, 65534, 65534)
    sweep(tmp_path)
    assert left.folder.exists()
    os.chown(left.folder, 0, 0)
    sweep(tmp_path)
    assert not left.folder.exists()
