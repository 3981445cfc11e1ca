"""What may stand in a study file's place, and what a study's name may be: one message each."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from bounds import answered
from damages import PLACES

KINDS: dict[str, Callable[[Path], object]] = {
    **PLACES,
    "a link to /dev/tty": lambda path: path.symlink_to("/dev/tty"),
    "a link to the kernel's pages": lambda path: path.symlink_to("/proc/self/pagemap"),
    "a gigabyte": lambda path: (path.touch(), os.truncate(path, 10**9)),
    "no file": lambda _: None,
}


@pytest.fixture(autouse=True)
def _folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize("command", ["plan", "status", "table"])
@pytest.mark.parametrize("kind", KINDS)
def test_what_is_no_study_file(kind: str, command: str) -> None:
    KINDS[kind](Path("study.yaml"))
    done = answered(command, "study.yaml")
    assert done.code == 2
    assert done.err.startswith("incay: ")
    assert done.err.count("\n") == 1
    assert "study.yaml" in done.err


@pytest.mark.parametrize("command", ["plan", "status", "table", "why"])
@pytest.mark.parametrize(
    "name",
    ["x" * 300, "x" * 300 + ".yaml", "a\0b", "\udcff", "", "../..", "x@" + "y" * 300, "a/" * 3000],
)
def test_what_is_no_study_s_name(name: str, command: str) -> None:
    done = answered(command, name)
    assert done.code == 2
    assert done.err.count("\n") == 1
    assert len(done.err) < 1_000
