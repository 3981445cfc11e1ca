"""Drivers of single arms, and of the whole study: who shuts out whom."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time
from dataclasses import replace

import pytest
from programs import ENVIRONMENT
from simulated import spec
from without_locks import WithoutLocks

from incay.study.errors import UserError
from incay.study.execution.books.ledger import Ledger
from incay.study.execution.leases.lease import Lease, drivers_of_arms
from incay.study.execution.place import ResultsPlace
from incay.trainables.store.books import Books
from incay.trainables.store.runs.arms import SearchEnd
from incay.trainables.store.shapes import TrialRow
from incay.trainables.store.trials import Store

BEAT = 0.4
ME = f"process {os.getpid()} on"


@pytest.fixture(params=[Store, WithoutLocks])
def store(request, tmp_path):
    return request.param(tmp_path)


def lease(store, *arms: str) -> Lease:
    return Lease(store, "small", "abc", beat=BEAT, arms=arms)


def test_drivers_of_different_arms_run_side_by_side(store):
    with lease(store, "RN", "Softmax") as one, lease(store, "a/b ü") as other:
        one.confirm()
        other.confirm()
        assert set(drivers_of_arms(store, "small", "abc")) == {"RN", "Softmax", "a/b ü"}
    assert not drivers_of_arms(store, "small", "abc")


def test_an_arm_has_one_driver(store):
    held, wanted = lease(store, "RN"), lease(store, "Softmax", "RN")
    with held, pytest.raises(UserError, match=rf"an arm must .*{ME} .*is running 'RN'"), wanted:
        pass
    with lease(store, "Softmax") as free:  # what was taken before the refusal was let go
        free.confirm()


def test_the_whole_study_and_its_arms_shut_each_other_out(store):
    with lease(store, "RN"), pytest.raises(UserError, match=rf"beside .*{ME} .*'RN'"), lease(store):
        pass
    with lease(store), pytest.raises(UserError, match=f"beside the whole study, but {ME}"):
        lease(store, "RN").__enter__()
    with lease(store) as held:
        held.confirm()


def test_an_arm_s_driver_that_was_killed_holds_nobody_up(tmp_path):
    hold = (
        "import sys, time; from incay.study.execution.leases.lease import Lease\n"
        "from incay.trainables.store.trials import Store\n"
        "with Lease(Store(sys.argv[1]), 'small', 'abc', arms=['RN']): print(flush=True);"
        " time.sleep(600)"
    )
    holder = subprocess.Popen(
        [sys.executable, "-c", hold, str(tmp_path)], env=ENVIRONMENT, stdout=subprocess.PIPE
    )
    holder.stdout.readline()
    store = Store(tmp_path)
    for arms in ((), ("RN",)):
        with pytest.raises(UserError, match=f"process {holder.pid} on"), lease(store, *arms):
            pass
    assert set(drivers_of_arms(store, "small", "abc")) == {"RN"}
    holder.kill()
    holder.wait()
    assert not drivers_of_arms(store, "small", "abc")  # though its file is there
    with lease(store, "RN"):
        pass
    with lease(store):
        pass


def test_a_silent_arm_s_driver_elsewhere_is_waited_for_and_then_replaced(tmp_path):
    store = WithoutLocks(tmp_path)
    folder = Books(store, "small", "abc").arms.folder("RN")
    left = {"owner": "x", "arm": "RN", "pid": 7, "host": "elsewhere", "boot": "another"}
    store.write(f"{folder}/lease.json", json.dumps(left).encode())
    started = time.monotonic()
    with lease(store) as held:
        assert time.monotonic() - started > 3 * BEAT
        held.confirm()


def test_of_a_whole_study_and_an_arm_that_start_at_once_without_locks_the_arm_gives_way(tmp_path):
    store = WithoutLocks(tmp_path)
    arm, whole = lease(store, "RN"), lease(store)
    folder = Books(store, "small", "abc").arms.folder("RN")
    with arm:
        store.delete(f"{folder}/lease.json")  # as if the other had looked before it was written
        with whole:
            arm._write()
            whole.confirm()
            with pytest.raises(UserError, match=ME):
                arm.confirm()


def test_of_two_that_end_at_once_one_goes_on_with_the_whole_study(store):
    told: list[str] = []
    both = threading.Barrier(2)

    def run(arm: str) -> None:
        with lease(store, arm) as held:
            both.wait()
            told.append(held.widen(20.0))
            if not told[-1]:
                time.sleep(4 * BEAT)

    threads = [threading.Thread(target=run, args=(arm,)) for arm in ("RN", "Softmax")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(map(bool, told)) == [False, True]
    with lease(store):  # nothing is left behind
        pass


def row(arm: str, number: int, **more: object) -> TrialRow:
    return TrialRow(
        arm=arm, phase="search", number=number, fingerprint=f"{number:020x}", params=more
    )


def test_lists_of_arms_are_read_beside_the_whole_study_s_and_lose_no_line(tmp_path):
    books = Books(Store(tmp_path), "small", "abc")
    books.write_trials([row("RN", 0, x=1.0), row("Softmax", 0)])
    books.arms.write_trials("RN", [row("RN", 0, x=2.0), row("RN", 1)])
    other = Books(Store(tmp_path), "small", "abc")
    other.arms.write_trials("Softmax", [row("Softmax", n) for n in range(3)])
    found = {(each.arm, each.number): each.params for each in books.trials()}
    assert len(found) == 5
    assert found["RN", 0] == {"x": 2.0}
    before = sorted(books.trials(), key=lambda each: each.key)
    books.take_in_arms()
    assert sorted(books.trials(), key=lambda each: each.key) == before
    assert not list(tmp_path.glob("studies/small/abc/arms/*/trials.json"))


def test_a_damaged_list_of_an_arm_is_put_aside_and_the_others_stay(tmp_path):
    books = Books(Store(tmp_path), "small", "abc")
    books.write_trials([])
    for arm in ("RN", "Softmax"):
        books.arms.write_trials(arm, [row(arm, 0)])
    (tmp_path / books.arms.folder("RN") / "trials.json").write_bytes(b"[")
    (told,) = books.mend()
    assert "kept as" in told
    assert [each.arm for each in books.trials()] == ["Softmax"]


def test_who_begins_in_the_same_instant_does_not_look_like_moved_results(tmp_path):
    study = spec()
    ledgers = [Ledger(Store(tmp_path), study, [arm]) for arm in ("RN", "Softmax")]
    places = [ResultsPlace(ledger.books) for ledger in ledgers]
    for ledger, place in zip(ledgers, places, strict=True):
        ledger.open()
        place.begin()
    book = ledgers[0].books.require_study()
    ledgers[1].books.write_study(replace(book, created="another second"))
    assert all(place.look_again() is None for place in places)
    ledgers[1].books.write_study(replace(book, document={"name": "another"}))
    assert all(place.look_again() is not None for place in places)


@pytest.mark.parametrize("content", [b"", b"[]", b"{}", b'{"arm": 7}', b"\xff"])
def test_a_damaged_note_of_an_end_is_none(content, tmp_path):
    files = Books(Store(tmp_path), "small", "abc").arms
    files.note_search_end(SearchEnd(arm="RN", code_version="v"))
    assert files.search_end("RN") == SearchEnd(arm="RN", code_version="v")
    (tmp_path / files.folder("RN") / "search.json").write_bytes(content)
    assert files.search_end("RN") is None
