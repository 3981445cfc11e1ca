"""Two drivers of one study."""

from __future__ import annotations

import json
import os
import socket
import time

import pytest

from study.cluster.lease import Lease, _boot
from study.errors import UserError
from trainables.store import Store

PATH = "studies/small/abc/lease.json"
BEAT = 0.5


@pytest.fixture
def store(tmp_path):
    return Store(tmp_path)


def lease(store) -> Lease:
    return Lease(store, "small", "abc", beat=BEAT)


def _left_behind(store, **values) -> None:
    here = {"owner": "x", "beat": 7, "host": socket.gethostname(), "boot": _boot(), "pid": 1}
    store.write(PATH, json.dumps({**here, **values}).encode())


def test_a_second_driver_is_refused_while_the_first_lives(store):
    with lease(store), pytest.raises(UserError, match=f"process {os.getpid()} on"), lease(store):
        pass
    assert store.read(PATH) is None
    with lease(store):
        pass


def test_a_process_of_this_machine_that_is_gone_is_replaced_at_once(store):
    _left_behind(store, pid=2**22 + 1)
    started = time.monotonic()
    with lease(store):
        assert time.monotonic() - started < 4 * BEAT


def test_a_silent_driver_elsewhere_is_replaced_after_a_while(store):
    _left_behind(store, host="elsewhere")
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
