"""Two drivers of one study."""

from __future__ import annotations

import errno
import json
import os
import signal
import socket
import subprocess
import sys
import time

import pytest
from programs import ENVIRONMENT, incay
from tiny_study import STUDY
from without_locks import WithoutLocks

from incay.study.errors import UserError
from incay.study.execution.leases.holders import boot, process_namespace
from incay.study.execution.leases.lease import Lease
from incay.trainables.store.trials import Store

PATH = "studies/small/abc/lease.json"
BEAT = 0.5


@pytest.fixture(params=[Store, WithoutLocks])
def store(request, tmp_path):
    return request.param(tmp_path)


def lease(store) -> Lease:
    return Lease(store, "small", "abc", beat=BEAT)


def _left_behind(store, **values) -> None:
    here = {
        "owner": "x", "beat": 7, "host": socket.gethostname(), "boot": boot(),
        "processes": process_namespace(), "pid": os.getpid(),
    }  # fmt: skip
    store.write(PATH, json.dumps({**here, **values}).encode())


def test_a_second_driver_is_refused_while_the_first_lives(store):
    with lease(store), pytest.raises(UserError, match=f"process {os.getpid()} on"), lease(store):
        pass
    assert store.read(PATH) is None
    with lease(store) as held:
        held.confirm()


def test_a_local_store_costs_no_pause(tmp_path):
    started = time.monotonic()
    with lease(Store(tmp_path)) as held:
        held.confirm()
    assert time.monotonic() - started < 0.2


def test_without_locks_the_pause_is_before_the_first_trial(tmp_path):
    started = time.monotonic()
    with lease(WithoutLocks(tmp_path)) as held:
        assert time.monotonic() - started < 0.2  # a run with nothing to train ends here
        held.confirm()
        assert time.monotonic() - started >= BEAT


@pytest.mark.parametrize("number", [errno.ENOLCK, errno.EOPNOTSUPP, errno.ENOSYS])
def test_a_file_system_that_refuses_locks_is_like_one_without(number, tmp_path, monkeypatch):
    """As NFS does whose lock service is off: who died there must not be waited for for ever."""

    def refuse(*_: object) -> None:
        raise OSError(number, "no locks here")

    monkeypatch.setattr("fcntl.flock", refuse)
    store = Store(tmp_path)
    for _ in range(2):  # the file of the first is there when the second comes
        with lease(store) as held:
            held.confirm()
            with pytest.raises(UserError, match=f"process {os.getpid()} on"), lease(store):
                pass


def test_a_holder_s_clock_says_nothing(tmp_path, monkeypatch):
    """Machines whose clocks differ by an hour: the beats alone are looked at."""
    store = Store(tmp_path)
    with lease(store):
        for hours in (-1, 1):
            there = time.time() + hours * 3600.0
            monkeypatch.setattr("time.time", lambda there=there: there)
            os.utime(tmp_path / PATH, (there, there))
            with pytest.raises(UserError, match=f"process {os.getpid()} on"), lease(store):
                pass
    with lease(store):
        pass


def test_of_two_that_start_at_once_without_locks_the_last_goes_on(tmp_path):
    store = WithoutLocks(tmp_path)
    first, second = lease(store), lease(store)
    with first:
        store.delete(PATH)  # as if the second had looked before the first wrote
        with second:
            second.confirm()
            with pytest.raises(UserError, match=f"process {os.getpid()} on"):
                first.confirm()
        assert first.lost


def test_a_process_of_this_machine_that_is_gone_is_replaced_at_once(store):
    _left_behind(store, pid=2**22 + 1)
    started = time.monotonic()
    with lease(store):
        assert time.monotonic() - started < BEAT


def test_a_killed_process_leaves_no_lock(tmp_path):
    hold = (
        "import sys, time; from incay.study.execution.leases.lease import Lease\n"
        "from incay.trainables.store.trials import Store\n"
        "with Lease(Store(sys.argv[1]), 'small', 'abc'): print(flush=True); time.sleep(600)"
    )
    holder = subprocess.Popen(
        [sys.executable, "-c", hold, str(tmp_path)], env=ENVIRONMENT, stdout=subprocess.PIPE
    )
    holder.stdout.readline()
    with pytest.raises(UserError, match=f"process {holder.pid} on"), lease(Store(tmp_path)):
        pass
    holder.kill()
    holder.wait()
    with lease(Store(tmp_path)):
        pass


def test_a_silent_driver_elsewhere_is_replaced_after_a_while(store):
    _left_behind(store, host="elsewhere", boot="another")
    started = time.monotonic()
    with lease(store):
        assert time.monotonic() - started > 4 * BEAT


@pytest.mark.parametrize("content", [b"", b"[]", b"\xff", b"{}"])
def test_a_damaged_lease_holds_nobody_up(store, content):
    store.write(PATH, content)
    with lease(store):
        pass


def test_a_driver_learns_that_it_was_replaced(store):
    with lease(store) as held:
        deadline = time.monotonic() + 20 * BEAT
        while not held.lost:
            _left_behind(store, owner="another")  # again: the holder may have just written
            assert time.monotonic() < deadline
            time.sleep(BEAT / 4)
    assert json.loads(store.read(PATH))["owner"] == "another"  # whose lease it is now


def test_a_second_driver_of_a_running_study_is_refused(tmp_path):
    (tmp_path / "tiny.yaml").write_text(STUDY)
    run = ["run", "tiny.yaml", "--no-mirror", "--set", "steps=40000", "--set", "reports=4000"]
    first = subprocess.Popen(
        [sys.executable, "-m", "incay", *run],
        cwd=tmp_path,
        env=ENVIRONMENT,
        stdout=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        deadline = time.monotonic() + 500
        while not list(tmp_path.glob("results/trials/*/*/progress.json")):
            assert time.monotonic() < deadline
            time.sleep(0.05)
        second = incay(*run, cwd=tmp_path)
        assert first.poll() is None
    finally:
        os.kill(first.pid, signal.SIGKILL)
        first.wait()
    assert second.returncode == 2, second.stderr
    assert f"process {first.pid} on" in second.stderr
    assert "Traceback" not in second.stderr
