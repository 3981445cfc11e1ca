"""What other users of the machine could read or change is refused before a run begins."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from in_process import Done, incay
from programs import ENVIRONMENT
from tiny_study import STUDY

from incay.study.privacy import Exposure, changeable, readable, replaceable

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="needs root, to give files away")


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "tiny.yaml").write_text(STUDY)
    (tmp_path / "results").mkdir()
    monkeypatch.chdir(tmp_path)
    return tmp_path


def plan(*options: str) -> Done:
    return incay("plan", "tiny.yaml", "--no-probe", *options)


@pytest.mark.parametrize("command", [("plan", "tiny.yaml", "--no-probe"), ("run", "tiny.yaml")])
def test_results_that_others_can_change_are_refused(command, folder):
    results = (folder / "results").resolve()
    results.chmod(0o777)
    done = incay(*command)
    assert (done.code, done.out) == (2, "")
    assert f"{results} can be written by others (mode 0777)" in done.err
    assert f"`chmod go-w {results}` mends that" in done.err
    results.chmod(0o755)
    assert plan().code == 0


def test_a_folder_above_counts_unless_it_is_sticky(folder):
    above = folder / "above"
    (above / "results").mkdir(parents=True)
    above.chmod(0o777)
    assert f"{above.resolve()} can be written" in plan("--results", "above/results").err
    above.chmod(0o1777)
    assert plan("--results", "above/results").code == 0


@as_root
def test_what_belongs_to_another_user_is_refused(folder):
    os.chown(folder / "results", 1, 1)  # of every Linux: daemon or bin
    assert "belongs to another user" in plan().err
    os.chown(folder / "results", 54321, 54321)  # of nobody here, as outside of a container
    assert plan().code == 0


@as_root
def test_a_group_of_others_counts_and_a_users_own_does_not(folder):
    results = folder / "results"
    results.chmod(0o775)
    assert changeable(results) is None
    os.chown(results, 0, 1)
    assert "can be written by others (mode 0775)" in str(changeable(results))


def test_a_file_is_readable_only_where_its_folders_let_others_in(tmp_path):
    token = tmp_path / "in" / "token"
    token.parent.mkdir()
    token.write_text("secret")
    token.chmod(0o644)
    tmp_path.chmod(0o700)
    assert readable(token) is None
    token.chmod(0o600)
    assert readable(token) is None
    assert replaceable(Path("/tmp")) is None


def test_a_clusters_token_that_others_can_read_is_refused(folder, monkeypatch):
    token = folder / "token"
    token.write_text("secret")
    token.chmod(0o644)
    monkeypatch.setenv("RAY_AUTH_TOKEN_PATH", str(token))
    monkeypatch.setattr(
        "incay.study.planning.checks.others.readable", lambda path: Exposure(path, "is open", "600")
    )
    assert plan().code == 0  # a run on this machine makes its own
    done = incay("doctor")
    assert "chmod 600" in done.out
    monkeypatch.setenv("RAY_ADDRESS", "127.0.0.1:9")
    done = plan()
    assert done.code == 2
    assert "the token of the cluster at RAY_ADDRESS must be yours alone" in done.err
    assert f"`chmod 600 {token}` mends that" in done.err


@pytest.mark.parametrize("inside", ["trials", "trials/ab", "studies/tiny/0123", "studies/a.json"])
def test_what_lies_in_results_counts_too(inside, folder):
    results = (folder / "results").resolve()
    place = results / inside
    if place.suffix:
        place.parent.mkdir()
        place.touch()
    else:
        place.mkdir(parents=True)
    assert plan().code == 0
    place.chmod(0o666 if place.suffix else 0o777)
    assert f"{place} can be written by others" in plan().err
    assert f"`chmod -R go-w {results}` mends that" in plan().err
    assert "chmod -R go-w" in incay("doctor").out


def test_results_that_are_not_there_yet_are_looked_at_by_the_folder_above(folder):
    above = folder / "above"
    above.mkdir()
    above.chmod(0o777)
    for place in ("above/new", "above/new/deep"):
        assert f"{above.resolve()} can be written" in plan("--results", place).err
    above.chmod(0o755)
    assert plan("--results", "above/new").code == 0


@as_root
def test_links_that_others_may_turn_are_refused(folder):
    theirs, real = folder / "theirs", folder / "real"
    theirs.mkdir()
    real.mkdir()
    (theirs / "link").symlink_to(real)
    (folder / "far").symlink_to("theirs/link")
    os.chown(theirs, 1, 1)
    for place in ("theirs/link", "far"):
        done = plan("--results", place)
        assert done.code == 2
        assert f"{theirs.resolve()} belongs to another user" in done.err
    (folder / "mine").symlink_to(real)
    assert plan("--results", "mine").code == 0
    os.chown(folder / "mine", 1, 1, follow_symlinks=False)
    assert "is a link of another user" in plan("--results", "mine").err


@as_root
def test_a_link_in_results_leads_to_what_is_ours(folder):
    elsewhere = folder / "elsewhere"
    elsewhere.mkdir()
    (folder / "results" / "trials").symlink_to(elsewhere)
    assert plan().code == 0
    os.chown(elsewhere, 1, 1)
    assert "belongs to another user" in plan().err


def test_what_a_command_makes_is_for_nobody_else_to_change(folder):
    done = subprocess.run(
        ["sh", "-c", f"umask 000; exec {sys.executable} -m incay run tiny.yaml --no-mirror"],
        env=ENVIRONMENT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    modes = {path: path.stat().st_mode for path in (folder / "results").rglob("*")}
    assert modes
    assert [path for path, mode in modes.items() if mode & 0o022] == []
