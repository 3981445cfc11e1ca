"""``incay ui``: what it refuses before it starts, what it says, and that it ends as a whole."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest
from in_process import incay
from not_run import PROC, needs

from incay.study.mirrors.mlflow_mirror import Mirror
from incay.study.mirrors.ui.serve import require_free, serve_mlflow
from incay.study.mirrors.ui.server_process import ServerProcess
from incay.trainables.store.books import Books
from incay.trainables.store.shapes import ArmBook, StudyBook
from incay.trainables.store.trials import Store

ROOT = Path(__file__).parents[4]


@pytest.fixture(autouse=True)
def _own_tracking(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)


@pytest.fixture
def port() -> int:
    with socket.socket() as opened:
        opened.bind(("127.0.0.1", 0))
        number: int = opened.getsockname()[1]
        return number


@pytest.fixture
def filled(tmp_path: Path) -> Path:
    """A results folder with a study that trained nothing yet, and its empty mirror."""
    folder = tmp_path / "results"
    store = Store(folder)
    created = "2026-01-31T12:00:00+00:00"
    arms = (ArmBook(name="Softmax"),)
    book = StudyBook(name="tiny", run="12345678", created=created, baseline="Softmax", arms=arms)
    books = Books(store, book.name, book.run)
    books.write_trials([])
    books.write_study(book)
    Mirror(store, book.name, book.run).sync()
    return folder


def test_a_taken_port_is_refused_before_anything_starts(filled: Path, port: int) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", port))
        taken.listen()
        done = incay("ui", "--results", str(filled), "--port", str(port))
    assert done.code == 2
    assert f"port {port} must be free, but is taken: --port N chooses another" in done.err
    assert not done.out
    require_free(port)


@pytest.mark.parametrize("optuna", [(), ("--optuna",)])
@pytest.mark.parametrize(
    ("given", "named"),
    [
        ("results", "results/demo"),
        ("empty", "results"),
        (".", "results"),
        ("results/other", "results/demo"),
    ],
)
def test_a_folder_without_studies_is_refused_and_left_as_it_is(
    given: str,
    named: str,
    optuna: tuple[str, ...],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    here = tmp_path / "alone"  # beside `tmp_path` lie the results of other tests
    (here / named / "studies" / "tiny").mkdir(parents=True)
    monkeypatch.chdir(here)
    before = sorted(tmp_path.rglob("*"))
    done = incay("ui", "--results", given, *optuna)
    assert done.code == 2
    assert f"(there are results in {named}: --results {named})" in done.err
    assert sorted(tmp_path.rglob("*")) == before


def test_a_folder_with_nothing_near_is_refused(tmp_path: Path) -> None:
    done = incay("ui", "--results", str(tmp_path / "a" / "b"))
    assert done.code == 2
    assert "a/b does not exist" in done.err
    assert "there are" not in done.err
    assert not list(tmp_path.iterdir())


def test_a_mirror_that_was_never_filled_is_not_served(filled: Path) -> None:
    (filled / "mlflow.db").unlink()
    done = incay("ui", "--results", str(filled))
    assert done.code == 2
    assert f"`incay sync tiny --results {filled}` fills it" in done.err
    assert not (filled / "mlflow.db").exists()


@pytest.mark.parametrize("named", [False, True])
def test_artifacts_lie_in_the_results(
    named: bool, filled: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import mlflow

    folder = tmp_path / "elsewhere"
    shutil.copytree(filled / "studies", folder / "studies")
    if named:
        monkeypatch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{tmp_path / 'own.db'}")
    monkeypatch.chdir(tmp_path)
    Mirror(Store(folder), "tiny", "12345678").sync()
    place = tmp_path / "own.db" if named else folder / "mlflow.db"
    experiments = mlflow.MlflowClient(f"sqlite:///{place}").search_experiments()
    assert {each.name for each in experiments} == {"Default", "tiny"}
    for each in experiments:
        assert each.artifact_location.startswith((folder / "mlartifacts").as_uri())


def processes(port: int) -> list[str]:
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            words = path.read_bytes().split(b"\0")
        except OSError:
            continue
        if str(port).encode() in words:
            found.append(path.parent.name)
    return found


@needs(PROC, there=Path("/proc/self/cmdline").exists())
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_to_it_alone_ends_the_server_too(
    number: signal.Signals, filled: Path, port: int
) -> None:
    server = subprocess.Popen(
        [
            sys.executable,
            "-m",
            "incay.study.cli",
            "ui",
            "--results",
            str(filled),
            "--port",
            str(port),
        ],
        env={**os.environ, "PYTHONPATH": str(ROOT / ".src")},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    try:
        assert server.stdout is not None
        assert server.stdout.readline() == "starting MLflow …\n"
        assert f"http://127.0.0.1:{port}/" in server.stdout.readline()
        socket.create_connection(("127.0.0.1", port), timeout=2).close()
        assert len(processes(port)) > 1
        server.send_signal(number)
        out, err = server.communicate(timeout=300)
    finally:
        server.kill()
    assert server.returncode == 128 + number
    assert (out, err) == ("", "")
    assert not processes(port)


def test_a_server_that_fails_says_why(
    filled: Path, port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "postgresql+nothing://127.0.0.1:1/none")
    done = incay("ui", "--results", str(filled), "--port", str(port))
    assert done.code == 1
    assert "MLflow must go on serving, but ended with exit code" in done.err
    assert "postgresql" in done.err
    assert "http://127.0.0.1" not in done.out


@pytest.fixture
def stubborn() -> list[str]:
    """A command that ignores SIGTERM, with a child that does too."""
    child = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); time.sleep(600)"
    return [
        sys.executable,
        "-c",
        f"import subprocess, sys; subprocess.Popen([sys.executable, '-c', {child!r}, 'stubborn'])\n"
        f"print('up', flush=True)\n{child}",
    ]


def test_what_does_not_heed_the_request_is_killed(
    stubborn: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("incay.study.mirrors.ui.server_process._SECONDS_TO_END", 0.3)
    with ServerProcess(stubborn, os.environ) as server:
        deadline = time.monotonic() + 300
        while server.said != "up":
            assert time.monotonic() < deadline
            time.sleep(0.05)
    assert server.exit_code == -signal.SIGKILL


def test_an_mlflow_elsewhere_is_only_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://tracking:5000")
    assert serve_mlflow(Store(tmp_path / "none"), 5000) == 0
    assert "http://tracking:5000" in capsys.readouterr().out
