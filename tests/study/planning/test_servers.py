"""A server is asked with the login of its URL, as by MLflow, and nobody else is told of it."""

from __future__ import annotations

import base64
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from incay.study.planning.servers import answers, ask

LOGIN = f"Basic {base64.b64encode(b'me:p@ss').decode()}"


class OnlyMe(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200 if self.headers["Authorization"] == LOGIN else 401)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def server() -> Iterator[str]:
    with HTTPServer(("127.0.0.1", 0), OnlyMe) as served:
        threading.Thread(target=served.serve_forever, daemon=True).start()
        yield f"127.0.0.1:{served.server_port}"
        served.shutdown()


def test_a_login_goes_to_the_server(server: str) -> None:
    ask(f"http://me:p%40ss@{server}/health", 5)
    assert answers(f"http://me:p%40ss@{server}", 5)


def test_a_refusal_is_an_answer(server: str) -> None:
    assert answers(f"http://{server}", 5)
    with pytest.raises(OSError, match="401"):
        ask(f"http://{server}/health", 5)


def test_who_is_not_there_does_not_answer() -> None:
    assert not answers("http://me:p%40ss@127.0.0.1:9", 2)
    assert not answers("http://[", 2)
