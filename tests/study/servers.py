"""Real servers in tests, and a real browser to look at them."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from not_run import CHROMIUM, chromium
from programs import ENVIRONMENT

if TYPE_CHECKING:
    from playwright.sync_api import Page


def free_port() -> int:
    with socket.socket() as opened:
        opened.bind(("127.0.0.1", 0))
        port: int = opened.getsockname()[1]
        return port


def wait_until_served(url: str, server: subprocess.Popen[bytes]) -> bytes:
    """Return what the server answers once it does."""
    deadline = time.monotonic() + 500
    while True:
        try:
            with urllib.request.urlopen(url, timeout=2) as answer:
                content: bytes = answer.read()
                return content
        except OSError:
            assert server.poll() is None
            assert time.monotonic() < deadline
            time.sleep(0.3)


def started_mlflow(folder: Path, port: int, database: str = "") -> subprocess.Popen[bytes]:
    """Start a real server, in a session of its own, that hands artifacts on, as a cluster does.

    Its database is ``FOLDER/mlflow.db``, or the one that a URL names.
    """
    command = [sys.executable, "-m", "mlflow", "server", "--workers", "1", "--port", str(port)]
    command += ["--backend-store-uri", database or f"sqlite:///{folder / 'mlflow.db'}"]
    command += ["--artifacts-destination", str(folder / "served")]
    return subprocess.Popen(
        command,
        env={**ENVIRONMENT, "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false"},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )


@contextmanager
def mlflow_server(folder: Path, port: int) -> Iterator[subprocess.Popen[bytes]]:
    """Run `started_mlflow` until the end of the block."""
    server = started_mlflow(folder, port)
    wait_until_served(f"http://127.0.0.1:{port}/health", server)
    try:
        yield server
    finally:
        if server.poll() is None:
            os.killpg(server.pid, signal.SIGTERM)
        server.wait(timeout=300)


@contextmanager
def incay_ui(folder: Path) -> Iterator[str]:
    """Serve a folder's ``results`` by ``incay ui`` and yield its address."""
    port = free_port()
    server = subprocess.Popen(
        [sys.executable, "-m", "incay", "ui", "--port", str(port)],
        cwd=folder,
        env=ENVIRONMENT,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    address = f"http://127.0.0.1:{port}"
    wait_until_served(f"{address}/health", server)
    yield address
    os.killpg(server.pid, signal.SIGTERM)
    server.wait(timeout=300)


@contextmanager
def browser_page() -> Iterator[Page]:
    """Open a page in headless Chromium."""
    from playwright.sync_api import sync_playwright

    program = chromium()
    if program is None:
        pytest.skip(CHROMIUM)
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=program, args=["--no-sandbox"])
        yield browser.new_page(viewport={"width": 1500, "height": 900})
        browser.close()
