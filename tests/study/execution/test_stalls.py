"""Workers that stand still are ended from outside; those suspended with the run are not."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import psutil
import pytest
from programs import ENVIRONMENT
from tiny_study import STUDY, results

from incay.study.errors import HaltedError
from incay.study.execution.awake import AwakeClock
from incay.study.execution.on_ray import local
from incay.study.execution.on_ray.stalls import START_SECONDS, Stalls

SECONDS = 20.0


class Scene:
    """One trial on one actor, with a clock that is moved by hand."""

    def __init__(self) -> None:
        self.time = 0.0
        self.beats: bytes | None = None
        self.killed: list[Any] = []
        self.actor = SimpleNamespace(_actor_id=b"actor")
        clock = AwakeClock(SECONDS, lambda: self.time)
        self.stalls = Stalls(SECONDS, lambda _: self.beats, self.killed.append, clock)

    def pass_by(self, seconds: float, each: float = 1.0) -> None:
        until = self.time + seconds
        while self.time < until:
            self.time += each
            self.stalls.look(lambda: {"trial": self.actor})


def test_a_worker_that_gave_a_sign_and_falls_silent_is_ended():
    scene = Scene()
    scene.beats = b"1"
    scene.pass_by(SECONDS)
    assert not scene.killed
    scene.pass_by(SECONDS)
    assert scene.killed == [scene.actor]
    assert scene.stalls.ended == {"trial"}


def test_beats_and_reports_are_signs_of_life():
    scene = Scene()
    for number in range(20):
        scene.beats = str(number).encode()
        scene.pass_by(SECONDS * 0.7)
    for _ in range(20):
        scene.stalls.heard("trial")
        scene.pass_by(SECONDS * 0.9)
    assert not scene.killed


def test_a_worker_that_starts_has_longer():
    scene = Scene()
    scene.pass_by(SECONDS + START_SECONDS - 2.0)
    assert not scene.killed
    scene.pass_by(5.0)
    assert scene.killed


def test_who_was_suspended_with_the_run_is_not_ended():
    """Ctrl-Z for a day, again and again: no time passes for the driver either."""
    scene = Scene()
    scene.beats = b"1"
    scene.pass_by(2.0)
    for _ in range(5):
        scene.pass_by(1.0, each=86_400.0)
    scene.pass_by(SECONDS / 4)
    assert not scene.killed


@pytest.mark.parametrize(
    ("patience", "gap", "lived"),
    [(1800.0, 0.5, 0.5), (1800.0, 3600.0, 5.0), (5.0, 20.0, 0.25), (1800.0, -10.0, 0.0)],
)
def test_an_awake_clock_counts_short_gaps_only(patience: float, gap: float, lived: float) -> None:
    now = [100.0]
    clock = AwakeClock(patience, lambda: now[0])
    now[0] += gap
    assert clock.now() == lived


def _run(folder: Path, *options: str) -> subprocess.Popen[str]:
    (folder / "tiny.yaml").write_text(STUDY)
    return subprocess.Popen(
        [sys.executable, "-m", "incay", "run", "tiny.yaml", "--no-mirror", *options],
        cwd=folder,
        env=ENVIRONMENT,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )


def _started(folder: Path, *options: str) -> subprocess.Popen[str]:
    """Start the tiny study, and wait for a trial's first report."""
    driver = _run(folder, *options)
    deadline = time.monotonic() + 500
    while not list(folder.glob("results/trials/*/*/progress.json")):
        assert driver.poll() is None
        assert time.monotonic() < deadline
        time.sleep(0.02)
    return driver


def _family(driver: subprocess.Popen[str]) -> list[psutil.Process]:
    return psutil.Process(driver.pid).children(recursive=True)


def _command(process: psutil.Process) -> str:
    try:
        return " ".join(process.cmdline())
    except psutil.Error:
        return ""


def _alive(processes: Iterable[psutil.Process]) -> list[str]:
    """Return the processes that still do something: what has ended may wait for init to reap it."""
    found = []
    for each in processes:
        with contextlib.suppress(psutil.NoSuchProcess):
            if each.is_running() and each.status() != psutil.STATUS_ZOMBIE:
                found.append(f"{each.pid} {_command(each)}")
    return found


def _workers(driver: subprocess.Popen[str]) -> list[psutil.Process]:
    family = [(each, _command(each)) for each in _family(driver)]
    return [each for each, says in family if says.startswith("ray::") and "Trainable" in says]


@pytest.mark.long
@pytest.mark.parametrize("stack", [1, 2])
def test_a_stopped_worker_costs_no_result(stack: int, finished: Path, tmp_path: Path) -> None:
    options = ("--set", "resources.stall_seconds=5", "--set", f"resources.stack={stack}")
    driver = _started(tmp_path, *options)
    stopped = _workers(driver)
    for worker in stopped:
        worker.send_signal(signal.SIGSTOP)
    said, _ = driver.communicate(timeout=500)
    assert driver.returncode == 0, said
    assert "a worker was lost (it gave no sign of life, and was ended)" in said
    assert "Traceback" not in said
    assert not _alive(stopped)
    if stack == 1:
        assert results(tmp_path / "results") == results(finished / "results")


@pytest.mark.long
def test_a_run_that_was_suspended_whole_goes_on(finished: Path, tmp_path: Path) -> None:
    """As by Ctrl-Z and `fg`, for longer than a worker may be silent."""
    driver = _started(tmp_path, "--set", "resources.stall_seconds=5")
    os.killpg(driver.pid, signal.SIGSTOP)
    time.sleep(20.0)
    os.killpg(driver.pid, signal.SIGCONT)
    said, _ = driver.communicate(timeout=500)
    assert driver.returncode == 0, said
    assert "lost" not in said
    assert results(tmp_path / "results") == results(finished / "results")


@pytest.mark.long
@pytest.mark.parametrize("part", ["gcs_server", "raylet/raylet", "DashboardAgent"])
def test_a_run_whose_ray_died_starts_it_again_once(
    part: str, finished: Path, tmp_path: Path
) -> None:
    driver = _started(tmp_path)
    family = _family(driver)
    next(each for each in family if part in _command(each)[:120]).kill()
    said, _ = driver.communicate(timeout=500)
    assert driver.returncode == 0, said
    assert "Ray died (" in said
    assert "and is started again; nothing is lost" in said
    assert "Traceback" not in said
    assert not _alive(family)
    assert results(tmp_path / "results") == results(finished / "results")


@pytest.mark.long
@pytest.mark.parametrize("part", ["gcs_server", "raylet/raylet"])
def test_a_run_whose_ray_dies_as_it_starts_starts_it_again(
    part: str, finished: Path, tmp_path: Path
) -> None:
    """Ray itself waits half a minute for a process that was killed."""
    driver = _run(tmp_path)
    found: list[psutil.Process] = []
    while not found:
        assert driver.poll() is None
        time.sleep(0.02)
        found = [each for each in _family(driver) if part in _command(each)[:120]]
    time.sleep(0.4)  # it was seen
    killed = time.monotonic()
    found[0].kill()
    while driver.stdout is not None and "Ray died" not in driver.stdout.readline():
        assert time.monotonic() - killed < 15
    said, _ = driver.communicate(timeout=500)
    assert driver.returncode == 0, said
    assert "Traceback" not in said
    assert results(tmp_path / "results") == results(finished / "results")


@pytest.mark.long
def test_a_run_whose_ray_dies_again_ends_with_one_message(tmp_path: Path) -> None:
    (tmp_path / "tiny.yaml").write_text(STUDY)
    driver = _started(tmp_path, "--set", "steps=4000", "--set", "reports=400")
    family: list[psutil.Process] = []
    for _ in range(2):
        reports = time.time()
        while not any(
            path.stat().st_mtime > reports
            for path in tmp_path.glob("results/trials/*/*/progress.json")
        ):
            time.sleep(0.1)
        family = _family(driver)
        killed = time.monotonic()
        next(each for each in family if "gcs_server" in _command(each)[:120]).kill()
        time.sleep(2.0)
    said, _ = driver.communicate(timeout=500)
    assert time.monotonic() - killed < 20
    assert driver.returncode == 1, said
    assert "Nothing is lost: the same command goes on from the last checkpoints" in said
    assert "Traceback" not in said
    assert not _alive(family)


@pytest.mark.long
@pytest.mark.parametrize("moment", [0.2, 1.5])
def test_a_request_to_terminate_while_ray_starts_leaves_nothing(
    moment: float, tmp_path: Path
) -> None:
    (tmp_path / "tiny.yaml").write_text(STUDY)
    driver = subprocess.Popen(
        [sys.executable, "-m", "incay", "run", "tiny.yaml", "--no-mirror"],
        cwd=tmp_path,
        env=ENVIRONMENT,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    deadline = time.monotonic() + 500
    while not (started := [each for each in _family(driver) if "gcs_server" in _command(each)]):
        assert driver.poll() is None
        assert time.monotonic() < deadline
        time.sleep(0.02)
    folder = Path(_command(started[0]).partition("--log_dir=")[2].partition("/r/")[0])
    assert folder.is_dir()
    time.sleep(moment)
    family = _family(driver)
    driver.terminate()
    said, _ = driver.communicate(timeout=500)
    assert driver.returncode == 143, said
    assert "interrupted: the same command goes on from here" in said
    assert "Traceback" not in said
    assert not folder.exists()
    assert not _alive(family)


@pytest.mark.parametrize(
    "error",
    [RuntimeError("The current node timed out during startup."), OSError(28, "No space left")],
)
def test_a_ray_that_cannot_start_is_one_message(
    error: Exception, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import ray

    def fail(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr("ray.init", fail)
    monkeypatch.setattr(local, "_base", lambda: tmp_path)
    assert not ray.is_initialized()
    with pytest.raises(HaltedError, match="Ray must start on this machine, but cannot: ") as told:
        local.LocalRay(1, 0, {})
    assert str(error) in str(told.value)
    assert not list(tmp_path.iterdir())
