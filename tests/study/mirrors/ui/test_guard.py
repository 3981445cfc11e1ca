"""Really started servers are asked as pages from elsewhere would: nothing is read or changed."""

from __future__ import annotations

import http.client
import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import optuna
import pytest
from programs import ENVIRONMENT
from servers import free_port, wait_until_served

from incay.study.mirrors.mlflow_mirror import Mirror
from incay.study.mirrors.optuna_copy import open_storage
from incay.study.mirrors.ui.guard import Guard
from incay.trainables.store.books import Books
from incay.trainables.store.shapes import ArmBook, StudyBook
from incay.trainables.store.trials import Store

CREATED = "made from elsewhere"


class Served(NamedTuple):
    """A server, and where its page would ask it for something new."""

    port: int
    create: str
    body: str
    holds: Callable[[], bool]


def fill(folder: Path) -> None:
    store = Store(folder / "results")
    created, arms = "2026-01-31T12:00:00+00:00", (ArmBook(name="Softmax"),)
    book = StudyBook(name="tiny", run="12345678", created=created, baseline="Softmax", arms=arms)
    Books(store, book.name, book.run).write_trials([])
    Books(store, book.name, book.run).write_study(book)
    Mirror(store, book.name, book.run).sync()


@pytest.fixture(scope="module", params=["mlflow", "optuna"])
def served(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Served]:
    folder = tmp_path_factory.mktemp("ui")
    port, kind = free_port(), request.param
    fill(folder)
    journal, database = folder / "results" / "optuna.journal", folder / "results" / "mlflow.db"
    optuna.create_study(study_name="known", storage=open_storage(journal))
    server = subprocess.Popen(
        [
            sys.executable,
            "-m",
            "incay",
            "ui",
            "--port",
            str(port),
            *["--optuna"] * (kind == "optuna"),
        ],
        cwd=folder,
        # What a user allows another MLflow of theirs is not allowed here.
        env={
            **ENVIRONMENT,
            "MLFLOW_SERVER_ALLOWED_HOSTS": "*",
            "MLFLOW_SERVER_CORS_ALLOWED_ORIGINS": "*",
        },
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    if kind == "mlflow":
        wait_until_served(f"http://127.0.0.1:{port}/health", server)
        create, body = "/ajax-api/2.0/mlflow/experiments/create", {"name": CREATED}
        content: Callable[[], bytes] = database.read_bytes
    else:
        wait_until_served(f"http://127.0.0.1:{port}/api/studies", server)
        create, body = "/api/studies", {"study_name": CREATED, "directions": ["minimize"]}
        content = journal.read_bytes
    yield Served(port, create, json.dumps(body), lambda: CREATED.encode() in content())
    os.killpg(server.pid, signal.SIGINT)
    assert server.wait(timeout=300) == 130


def ask(served: Served, method: str, path: str, **headers: str) -> int:
    """Send a request as it is, with headers named in words_of_python; return the status."""
    named = {"Host": f"127.0.0.1:{served.port}"}
    named |= {name.replace("_", "-").title(): value for name, value in headers.items()}
    opened = http.client.HTTPConnection("127.0.0.1", served.port, timeout=10)
    opened.putrequest(method, path, skip_host=True)
    body = served.body.encode() if method not in ("GET", "OPTIONS") else b""
    for name, value in {**named, "Content-Length": str(len(body))}.items():
        opened.putheader(name, value)
    opened.endheaders(body)
    status = opened.getresponse().status
    opened.close()
    return status


@pytest.mark.parametrize(
    "host",
    [
        *("evil.example", "10.evil.example", "192.168.evil.example:5000", "127.0.0.1.evil.example"),
        *("", "127.0.0.1", "127.0.0.1:1", "[::1]:5000", "localhost@evil.example"),
    ],
)
def test_a_name_that_is_made_to_point_here_is_refused(served: Served, host: str) -> None:
    for path in (served.create, "/", "/health", "/get-artifact?path=x&run_uuid=y"):
        assert ask(served, "GET", path, host=host) == 403
    assert ask(served, "POST", served.create, host=host, content_type="application/json") == 403


@pytest.mark.parametrize(
    "origin",
    [
        "http://evil.example",
        "null",
        "http://localhost:1",
        "http://127.0.0.1:1",
        "https://localhost",
    ],
)
@pytest.mark.parametrize(
    "kind", ["text/plain", "application/json", "application/x-www-form-urlencoded"]
)
def test_a_page_from_elsewhere_changes_nothing(served: Served, origin: str, kind: str) -> None:
    for method in ("POST", "PUT", "PATCH", "DELETE", "OPTIONS", "GET"):
        for path in (served.create, "/graphql", "/v1/traces"):
            assert ask(served, method, path, origin=origin, content_type=kind) == 403
    assert not served.holds()


def test_a_browser_that_names_the_site_is_heard(served: Served) -> None:
    for site in ("cross-site", "same-site"):
        assert ask(served, "GET", served.create, sec_fetch_site=site) == 403
        kind = "application/json"
        assert ask(served, "POST", served.create, sec_fetch_site=site, content_type=kind) == 403
        mode = {"sec_fetch_site": site, "sec_fetch_mode": "navigate"}
        assert ask(served, "GET", "/", **mode) < 400  # somebody follows a link
        assert ask(served, "POST", served.create, **mode) == 403
    assert not served.holds()


def test_what_is_asked_for_is_answered_and_a_get_changes_nothing(served: Served) -> None:
    query = f"{served.create}?name={CREATED.replace(' ', '%20')}"
    ask(served, "GET", query)
    ask(served, "GET", query, x_http_method_override="POST")
    assert not served.holds()
    own = f"http://127.0.0.1:{served.port}"
    site = {"origin": own, "sec_fetch_site": "same-origin", "content_type": "application/json"}
    assert ask(served, "POST", served.create, **site) < 300
    assert served.holds()  # the attacks above would have worked


def test_only_its_own_host_and_pages_are_let_in() -> None:
    guard = Guard(5000)
    assert not guard.refusal("POST", {"host": "localhost:5000", "origin": "http://localhost:5000"})
    assert not guard.refusal("GET", {"host": "127.0.0.1:5000"})  # a program
    assert guard.refusal("GET", {})
    assert not guard.refusal("GET", {"host": "LocalHost:5000"})
    assert guard.refusal("GET", {"host": "localhost"})
    usual = {"host": "localhost", "origin": "http://localhost"}
    assert not Guard(80).refusal("POST", usual)


def test_a_connection_that_says_nothing_keeps_nobody_waiting(served: Served) -> None:
    with socket.create_connection(("127.0.0.1", served.port)):  # as browsers do in advance
        assert ask(served, "GET", "/") in (200, 302, 404)
