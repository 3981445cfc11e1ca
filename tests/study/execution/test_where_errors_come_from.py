"""An error is told as what it is: the store's, a trial's own, a data set's."""

from __future__ import annotations

import errno
import os
import signal
import sys
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from tasks import task_of

from incay.study.errors import UserError
from incay.study.execution.halt import Halt
from incay.study.planning.data_catalog import DataCatalog
from incay.study.planning.timing.probe import Probe
from incay.trainables.config import TrialConfig
from incay.trainables.data import DataError, ImageData, Split
from incay.trainables.data.digits import DigitsSettings
from incay.trainables.networks.mnist_2d import MNIST2DSettings
from incay.trainables.store import patience
from incay.trainables.store.problems import StoreError, store_errors
from incay.trainables.store.reading.damage import NewerRecordError, RecordError
from incay.trainables.store.trials import Store
from incay.trainables.worker.session import train
from incay.trainables.worker.stack_session import StackSession
from incay.trainables.worker.task import TrialTask

CPU = torch.device("cpu")
OWN = [
    FileNotFoundError(errno.ENOENT, "No such file or directory", "resnet18.pth"),
    PermissionError(errno.EACCES, "Permission denied", "weights.pth"),
    OSError(errno.EIO, "Input/output error", "image.jpg"),
    OSError(errno.ENOSPC, "No space left on device", "/scratch/of-a-component"),
    MemoryError("Unable to allocate 3 TiB"),
    TimeoutError("timed out"),
]


def images() -> ImageData:
    draw = np.random.default_rng(0)
    split = Split(
        draw.integers(0, 256, (24, 1, 28, 28), dtype=np.uint8), np.arange(24, dtype=np.int64) % 3
    )
    return ImageData(train=split, test=split, class_names=("a", "b", "c"))


def task() -> TrialTask:
    network = MNIST2DSettings(width=0.1, dimension=2)
    return task_of(TrialConfig(network=network, steps=2, batch_size=8, reports=1))


@pytest.mark.parametrize("error", OWN, ids=lambda error: type(error).__name__)
@pytest.mark.parametrize("when", ["built", "trained"])
def test_a_component_s_error_is_its_trial_s_failure(when, error, tmp_path, monkeypatch):
    def fail(*_: object, **__: object) -> None:
        raise error

    place = (
        "training.trainer.Trainer.advance"
        if when == "trained"
        else ("networks.mnist_2d.MNIST2DSettings.build")
    )
    monkeypatch.setattr(f"incay.trainables.{place}", fail)
    store = Store(tmp_path)
    record = train(task(), images(), store, CPU)
    assert record.status == "failed"
    assert record.reason.startswith(f"{type(error).__name__}: {error}")
    assert store.read_record(task().fingerprint) == record


class OwnEnd(BaseException):
    """What a component's library may end its programs with."""


@pytest.mark.parametrize("error", [SystemExit(3), SystemExit(), KeyboardInterrupt(), OwnEnd("bye")])
@pytest.mark.parametrize("stacked", [False, True], ids=["alone", "stacked"])
def test_a_component_that_ends_the_program_fails_its_trial(stacked, error, tmp_path, monkeypatch):
    def leave(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr("incay.trainables.networks.modules.mnist_2d.MNIST2D.forward", leave)
    store = Store(tmp_path)
    tasks = [task(), task_of(replace(task().config, seed=1))]
    if stacked:
        session = StackSession(tasks, images(), store, CPU)
        while not session.done:
            session.advance()
    else:
        train(tasks[0], images(), store, CPU)
    for each in tasks if stacked else tasks[:1]:
        record = store.read_record(each.fingerprint)
        assert record is not None
        assert record.status == "failed"
        first = record.reason.partition("\n")[0]
        assert first.startswith(type(error).__name__)
        assert "a trial must not end the program: " in first
        assert first.endswith("in leave)")
        assert Path(__file__).name in first


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_is_no_failure_of_a_trial(number, tmp_path, monkeypatch):
    def signalled(*_: object, **__: object) -> None:
        os.kill(os.getpid(), number)
        time.sleep(10)

    def handler(*_: object) -> None:  # as Ray's workers have one
        sys.exit(1)

    monkeypatch.setattr("incay.trainables.networks.modules.mnist_2d.MNIST2D.forward", signalled)
    store = Store(tmp_path)
    before = signal.signal(signal.SIGTERM, handler)
    try:
        with pytest.raises((SystemExit, KeyboardInterrupt)):
            train(task(), images(), store, CPU)
    finally:
        signal.signal(signal.SIGTERM, before)
    assert store.read_record(task().fingerprint) is None


def test_a_data_set_that_ends_the_program_is_refused(monkeypatch):
    monkeypatch.setattr(DigitsSettings, "load", lambda *_: sys.exit(3))
    with pytest.raises(DataError, match=r"data set 'digits': .*SystemExit \(.*line"):
        DataCatalog(None).load(DigitsSettings())


def test_the_plan_says_that_a_component_ends_the_program(monkeypatch):
    monkeypatch.setattr(
        "incay.trainables.networks.modules.mnist_2d.MNIST2D.forward", lambda *_: sys.exit(3)
    )
    with pytest.raises(UserError, match=r"must be able to train, .* end by SystemExit: 3"):
        Probe(DataCatalog(None), threads=1).pace(task().config)


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EACCES, errno.EDQUOT, errno.EROFS])
def test_the_store_s_error_is_no_failure_of_a_trial(number, tmp_path, monkeypatch):
    def full(*_: object) -> None:
        raise OSError(number, "the disk says no")

    monkeypatch.setattr("incay.trainables.store.durable.Batch.add", full)
    with pytest.raises(StoreError, match="the disk says no"):
        train(task(), images(), Store(tmp_path), CPU)


def test_every_way_into_the_store_says_whose_error_it_is(tmp_path):
    (tmp_path / "store").write_text("a file, where a folder should be")
    store = Store(tmp_path / "store")
    assert store.read("x") is None
    with pytest.raises(StoreError) as told:
        store.write("a/x", b"")
    assert told.value.errno in (errno.ENOTDIR, errno.EEXIST)
    folder = Store(tmp_path)
    (tmp_path / "folder").mkdir()
    with pytest.raises(RecordError, match="folder must be a file, but is a folder"):
        folder.read("folder")
    with pytest.raises(StoreError):
        folder.delete("folder")


def test_an_error_of_a_remote_store_has_no_number():
    with pytest.raises(StoreError, match=r"^When reading: slow down$"), store_errors():
        raise OSError("When reading: slow down")


def test_patience_is_for_the_store_alone(monkeypatch):
    monkeypatch.setattr(patience.time, "sleep", lambda _: None)
    calls = []

    def once(error: OSError) -> None:
        calls.append(error)
        if len(calls) == 1:
            raise error

    patience.patiently(lambda: once(StoreError(errno.EIO, "away")))
    assert len(calls) == 2
    calls.clear()
    with pytest.raises(FileNotFoundError):
        patience.patiently(lambda: once(FileNotFoundError(errno.ENOENT, "weights")))


def test_a_run_is_halted_by_the_store_alone():
    halt = Halt()
    with pytest.raises(FileNotFoundError), halt.guard():
        raise FileNotFoundError(errno.ENOENT, "weights")
    assert not halt.asked
    with halt.guard():
        raise StoreError(errno.ENOSPC, "full")
    assert halt.asked
    assert "full" in halt.why
    assert not halt.interrupted


def test_a_run_is_halted_by_what_a_newer_program_wrote_and_by_what_a_person_must_mend():
    for problem in (NewerRecordError("newer"), UserError("no GPU")):
        halt = Halt()
        if isinstance(problem, NewerRecordError):
            with halt.guard():
                raise problem
        else:
            halt.blame(problem)
        assert halt.problem is problem
        assert (halt.why, halt.interrupted) == (str(problem), False)


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (PermissionError(errno.EACCES, "Permission denied", "train.bin"), "train.bin"),
        (MemoryError(), "must fit into this machine's memory"),
    ],
)
def test_a_data_set_s_error_names_the_set(error, expected, monkeypatch):
    def fail(*_: object) -> None:
        raise error

    monkeypatch.setattr(DigitsSettings, "load", fail)
    monkeypatch.setattr(DigitsSettings, "content_hash", fail)
    catalog = DataCatalog(Path("nowhere"))
    for ask in (catalog.load, catalog.hash):
        with pytest.raises(DataError, match="data set 'digits': ") as told:
            ask(DigitsSettings())
        assert expected in str(told.value)
