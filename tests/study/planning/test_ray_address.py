"""Forms of RAY_ADDRESS, and programs that are no Ray: one message within seconds."""

from __future__ import annotations

import os
import socket
import threading
import time
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
from in_process import incay
from not_run import needs

from incay.study.errors import UserError
from incay.study.planning.checks.ray_address import cluster_address, require_cluster


@pytest.mark.parametrize("address", ["192.0.2.1:6379", "[2001:db8::1]:6379", "head:6379", "auto"])
def test_what_names_a_cluster(address, monkeypatch):
    monkeypatch.setenv("RAY_ADDRESS", address)
    assert cluster_address() == address


@pytest.mark.parametrize("address", ["", " ", "local"])
def test_what_names_none(address, monkeypatch):
    monkeypatch.setenv("RAY_ADDRESS", address)
    assert cluster_address() is None


@pytest.mark.parametrize("command", ["plan", "run"])
@pytest.mark.parametrize(
    ("address", "hint"),
    [
        ("http://127.0.0.1:8265", "incay submit STUDY --address URL"),
        ("ray://127.0.0.1:10001", "name the head itself"),
        ("192.0.2.1", "HOST:PORT"),
        ("2001:db8::1", "HOST:PORT"),
        ("2001:db8::1:6379", "HOST:PORT"),
        ("head:0", "HOST:PORT"),
        ("head:99999", "HOST:PORT"),
        ("head:port", "HOST:PORT"),
        ("me@head:6379", "HOST:PORT"),
    ],
)
def test_other_forms_are_refused_in_one_message(command, address, hint, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("RAY_ADDRESS", address)
    options = ["--no-mirror"] if command == "run" else ["--no-probe"]
    done = incay(command, "quickstart", *options)
    assert (done.code, done.err.count("\n")) == (2, 1), done.err
    assert f"but is {address!r}" in done.err
    assert hint in done.err
    assert not Path("results").exists()


def test_nothing_and_other_programs_at_the_address_are_found_out_at_once(monkeypatch, tmp_path):
    class Page(BaseHTTPRequestHandler):
        def log_message(self, *_: object) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Page)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        unused = free.getsockname()[1]
    begun = time.monotonic()
    with pytest.raises(UserError, match=r"another program listens there"):
        require_cluster(f"127.0.0.1:{server.server_port}")
    with pytest.raises(UserError, match=r"refused"):
        require_cluster(f"127.0.0.1:{unused}")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("RAY_ADDRESS", f"127.0.0.1:{server.server_port}")
    done = incay("run", "quickstart", "--no-mirror")
    assert time.monotonic() - begun < 10.0
    server.shutdown()
    assert done.code == 2
    first, second = done.err.splitlines()
    assert (
        first == f"incay: trains on the Ray cluster at 127.0.0.1:{server.server_port} (RAY_ADDRESS)"
    )
    assert "another program listens there" in second


@pytest.mark.parametrize("command", ["plan", "run"])
def test_auto_without_a_cluster_of_this_machine_is_told_at_once(command, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("RAY_TMPDIR", str(tmp_path))
    monkeypatch.setenv("RAY_ADDRESS", "auto")
    done = incay(command, "quickstart", "--no-mirror" if command == "run" else "--no-probe")
    assert done.code == 2
    assert "is 'auto': no cluster was started on this machine. `ray start --head`" in done.err
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        (tmp_path / "ray").mkdir()
        (tmp_path / "ray/ray_current_cluster").write_text(f"127.0.0.1:{free.getsockname()[1]}")
    with pytest.raises(UserError, match="refused"):
        require_cluster("auto")


@needs("needs root, to act as another user", there=os.geteuid() == 0)
def test_what_another_user_says_of_this_machine_is_not_believed(tmp_path, monkeypatch):
    """Anybody may make /tmp/ray, and would be sent this user's token and code."""
    monkeypatch.setenv("RAY_TMPDIR", str(tmp_path))
    (tmp_path / "ray").mkdir()
    place = tmp_path / "ray" / "ray_current_cluster"
    place.write_text("192.0.2.1:6379")
    os.chown(place, 4242, 4242)
    with pytest.raises(UserError, match="no cluster was started on this machine"):
        require_cluster("auto")
    place.unlink()
    os.mkfifo(place)  # would be read for ever
    with pytest.raises(UserError, match="no cluster was started on this machine"):
        require_cluster("auto")


def test_a_program_that_says_nothing_is_given_up(monkeypatch):
    monkeypatch.setattr("incay.study.planning.checks.ray_address._SECONDS_TO_ANSWER", 0.2)
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        with pytest.raises(UserError, match="timed out"):
            require_cluster(f"127.0.0.1:{silent.getsockname()[1]}")
