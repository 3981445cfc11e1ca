"""Follows a running study from a process of its own: MLflow and Optuna never delay training.

Started by `incay run` as ``python -m incay.study.mirrors.follower``; it ends when its standard
input closes (the run has ended, or died) after one last synchronisation.
"""

from __future__ import annotations

import importlib
import os
import subprocess
import sys
import threading
import time

from incay.study.errors import IncayError, UserError
from incay.study.planning.servers import answers, served_at
from incay.trainables.store.books import Books
from incay.trainables.store.reading.damage import RecordError
from incay.trainables.store.trials import Store

_SECONDS_BEFORE_FIRST = 30.0
"""Or until a trial has ended: before, there is nothing to copy."""
_NEEDED = ("mlflow", "matplotlib.backends.backend_svg", "incay.analysis.reports.report")
_NEEDED_BY_DATABASES = "mlflow.store.tracking.sqlalchemy_store"
_NICENESS = 10
"""What it does meanwhile gives way to Ray and to the first trials."""
_SECONDS_BETWEEN_SYNCS = 2.0
_SECONDS_UNTIL_TOLD = 5.0
_SECONDS_TO_ANSWER = 4.0
"""For a server that is asked anything: one that accepts and says nothing would be waited for."""
_SECONDS_TO_FINISH = 180.0  # the last trial may be followed by figures and a report
_LASTING = 2
"""Exit code for what no second try mends."""


class MirrorProcess:
    """Runs the follower while its ``with`` block runs.

    Attributes:
        complete: After the block: whether MLflow has everything.
        message: After the block: what the follower said, if it failed.
        lasting: After the block: whether that stays so until a person mends it.
    """

    def __init__(self, store: Store, study: str, run: str) -> None:
        self._server = served_at()
        self._arguments = [store.uri if "://" in store.uri else store.root, study, run]
        self._process: subprocess.Popen[str] | None = None
        self.complete = self.lasting = False
        self.message = ""

    def __enter__(self) -> MirrorProcess:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "incay.study.mirrors.follower", *self._arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,  # Ctrl-C is for the run; the mirror still finishes
        )
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        assert self._process is not None
        if kind is not None:
            self._process.kill()  # the run could not begin, or broke: there is nothing to wait for
        try:
            self.message = self._wait()
        except subprocess.TimeoutExpired as error:
            self._process.kill()
            self.message = f"MLflow did not answer within {error.timeout:.0f} s"
        except KeyboardInterrupt:
            self._process.kill()
            self.message = "skipped"
        self.complete = self._process.returncode == 0
        self.lasting = self._process.returncode == _LASTING
        self.message = self.message.strip().rpartition("\n")[2]

    def _wait(self) -> str:
        """Wait for the last synchronisation; return what the follower said."""
        assert self._process is not None
        try:
            return self._process.communicate(timeout=_SECONDS_UNTIL_TOLD)[1]
        except subprocess.TimeoutExpired:
            sys.stderr.write(
                "incay: waiting for MLflow to take the last results; Ctrl-C skips it\n"
            )
        if self._server is not None and not answers(self._server, _SECONDS_TO_ANSWER):
            raise subprocess.TimeoutExpired("follower", _SECONDS_TO_ANSWER)
        return self._process.communicate(timeout=_SECONDS_TO_FINISH)[1]


def _follow(uri: str, study: str, run: str) -> int:
    ended = threading.Event()

    def wait_for_end() -> None:
        sys.stdin.read()
        ended.set()

    threading.Thread(target=wait_for_end, daemon=True).start()
    store = Store(uri)
    begun = time.monotonic()
    _make_ready(store)
    while not (ended.wait(_SECONDS_BETWEEN_SYNCS) or _any_ended(store, study, run)):
        if time.monotonic() - begun > _SECONDS_BEFORE_FIRST:
            break
    from incay.study.mirrors.copies import copies_of

    copies = copies_of(store, study, run)
    while True:
        last = ended.wait(_SECONDS_BETWEEN_SYNCS)
        failures, lasting = [], 0
        for copy in copies:
            try:
                copy.sync()
            except Exception as error:  # a server may be down for a while: try again until the end
                lasting += isinstance(error, UserError)
                named = "" if isinstance(error, IncayError) else f"{type(error).__name__}: "
                failures.append(f"{named}{error}")
        if last:
            if failures:  # on one line: the last is what the run shows
                print("; ".join(failures), file=sys.stderr)
            return (_LASTING if lasting else 1) if failures else 0


def _make_ready(store: Store) -> None:
    """Do beforehand what takes seconds and needs no results."""
    from incay.study.mirrors.mlflow_database import own_database  # sets what MLflow reads
    from incay.study.mirrors.new_database import prepare_template

    for name in _NEEDED:
        importlib.import_module(name)
    if own_database(store) is not None:
        importlib.import_module(_NEEDED_BY_DATABASES)
        prepare_template()


def _any_ended(store: Store, study: str, run: str) -> bool:
    """Return whether there is anything to mirror yet."""
    try:
        rows = Books(store, study, run).trials()
        return any(store.read_record(row.fingerprint) is not None for row in rows)
    except (OSError, RecordError):
        return True  # said by the first synchronisation


if __name__ == "__main__":
    os.nice(_NICENESS)
    sys.exit(_follow(*sys.argv[1:]))
