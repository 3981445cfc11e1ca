"""What is noticed of a Ray that dies, and what is let go of what Tune holds; without a Ray."""

from __future__ import annotations

import subprocess
import sys
import time
import traceback
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from not_run import PROC, needs
from ray.tune import TuneError

from incay.study.execution.on_ray import processes, watch
from incay.study.execution.on_ray.ended import EndedTrials
from incay.study.execution.on_ray.session import RaySession
from incay.study.execution.on_ray.watch import RayDiedError, RayWatch

SLEEPER = [sys.executable, "-c", "import time; time.sleep(600)"]


@pytest.fixture
def sleeper():
    process = subprocess.Popen(SLEEPER)
    yield process
    process.kill()
    process.wait()


def test_the_end_of_a_service_is_noticed_at_once(sleeper):
    watched = processes.Watched({"gcs_server": sleeper})
    assert watched.ended() == ""
    sleeper.kill()
    started = time.monotonic()
    watched.wait(20.0)
    assert time.monotonic() - started < 10.0
    sleeper.wait()
    assert watched.ended() == "gcs_server"


@needs(PROC, there=processes._PROC.is_dir())
def test_a_stopped_process_is_seen_and_what_uses_a_folder_is_ended(tmp_path):
    log = tmp_path / "log"
    with log.open("w") as output:
        # By its command line it is one of Ray's.
        mine = subprocess.Popen([*SLEEPER, "/ray/"], stdout=output)
        other = subprocess.Popen([*SLEEPER, "/rest/"], stdout=output)
    try:
        mine.send_signal(19)
        deadline = time.monotonic() + 10.0
        while not processes.stands(mine.pid):
            assert time.monotonic() < deadline
        assert not processes.stands(other.pid)
        assert processes.using(tmp_path) == [mine.pid]
        processes.end_all(tmp_path)
        assert mine.wait(10.0) == -9
        assert other.poll() is None
    finally:
        for process in (mine, other):
            process.kill()
            process.wait()


def _watch(monkeypatch: pytest.MonkeyPatch, **found: str) -> tuple[RayWatch, list[str]]:
    monkeypatch.setattr(watch, "_unanswered", lambda: found.get("unanswered", ""))
    told: list[str] = []
    made = RayWatch(
        lambda seconds: time.sleep(min(seconds, 0.01)),
        lambda: found.get("dead", ""),
        lambda: found.get("standing", ""),
        lambda died: told.append(died.what),
        patience=0.1,
    )
    return made, told


@pytest.mark.parametrize("kind", ["dead", "standing", "unanswered"])
def test_what_waits_for_a_ray_that_is_gone_is_ended_beside_it(kind, monkeypatch):
    made, told = _watch(monkeypatch, **{kind: "it is gone"})
    with made.watching():
        deadline = time.monotonic() + 10.0
        while not told:
            assert time.monotonic() < deadline
            time.sleep(0.01)
    assert told[0] == "it is gone"


def test_a_ray_that_lives_is_left_alone(monkeypatch):
    made, told = _watch(monkeypatch)
    with made.watching():
        time.sleep(0.3)
    with pytest.raises(KeyError), made.watching():
        raise KeyError("a fault of our own")
    assert not told


def test_an_error_of_ray_s_is_one_message(monkeypatch):
    error = type("ActorDiedError", (Exception,), {"__module__": "ray.exceptions"})
    made, told = _watch(monkeypatch)
    says = r"ActorDiedError: first\. Nothing is lost"
    with pytest.raises(RayDiedError, match=says), made.watching():
        raise error("first\nsecond")
    assert not told


def test_an_error_that_tune_tells_by_a_stack_is_what_it_has_caught(monkeypatch):
    """As where its folder is full."""
    made, _ = _watch(monkeypatch)
    says = r"but OSError: \[Errno 28\] No space left on device\. Nothing is lost"
    with pytest.raises(RayDiedError, match=says), made.watching():
        _fail_as_tune_does()


def _fail_as_tune_does() -> None:
    try:
        raise OSError(28, "No space left on device")
    except OSError:
        raise TuneError(traceback.format_exc())  # noqa: B904


def test_what_tune_writes_goes_with_the_folder_of_a_run_s_own_ray(tmp_path):
    """Which the next run removes, should this one be killed."""
    session = RaySession(1, 0)
    session._local = SimpleNamespace(folder=tmp_path)
    with session.scratch() as scratch:
        assert scratch.is_relative_to(tmp_path)
    assert not list(tmp_path.iterdir())


def test_of_trials_that_ended_the_last_alone_is_held(tmp_path):
    trials = [_Trial(str(number), tmp_path / str(number)) for number in range(5)]
    controller: Any = SimpleNamespace(
        _trials=list(trials),
        _stopped_trials=set(trials[:3]),
        _failed_trials={trials[4]},
        _trial_to_actor={trials[3]: "actor", trials[0]: "actor that stops"},
        _actor_to_trial={},
        _trials_to_cache={trials[1]},
        _trial_metadata={each.trial_id: "much" for each in trials},
        _pending_trials={trials[3]},
        _actor_manager=SimpleNamespace(
            _pending_actors_to_attrs={"waits": ()},
            _pending_actors_to_enqueued_actor_tasks={"waits": [], "was given up": ["stop"]},
        ),
        _pending_trials_list=list(trials),
    )
    ended = EndedTrials()
    for _ in range(10):
        ended.forget(SimpleNamespace(_tune_controller=controller))
    # One runs, of one the actor is still to stop, and one is the last.
    assert controller._trials == [trials[0], trials[3], trials[4]]
    assert set(controller._trial_metadata) == {"0", "3", "4"}
    assert not controller._trials_to_cache
    assert controller._pending_trials_list == [trials[3]]
    assert set(controller._actor_manager._pending_actors_to_enqueued_actor_tasks) == {"waits"}
    assert {path.name for path in tmp_path.iterdir()} == {"0", "3", "4"}


class _Trial:
    def __init__(self, trial_id: str, folder: Path) -> None:
        self.trial_id = trial_id
        self.local_path = str(folder)
        folder.mkdir()
