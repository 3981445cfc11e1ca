"""Another user of the machine, while a study is trained on it: everything is refused."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import psutil
import pytest
from not_run import needs
from programs import ENVIRONMENT
from tiny_study import STUDY

pytestmark = needs("needs root, to act as another user", there=os.geteuid() == 0)

ATTACK = """
import http.client, os, sys, urllib.request
folder, driver, ports = sys.argv[1], int(sys.argv[2]), [int(port) for port in sys.argv[3:]]
done = []
urllib.request.urlopen(f"http://127.0.0.1:{ports[0]}/").read()  # imports what it needs
os.setgroups([])
os.setgid(65534)
os.setuid(65534)

def attempt(name, action):
    try:
        done.append(f"{name}: {action()!r}")
    except (OSError, http.client.HTTPException):
        pass

attempt("listed the session", lambda: os.listdir(folder))
attempt("listed Ray's folder", lambda: os.listdir(f"{folder}/r"))
attempt("wrote into it", lambda: open(f"{folder}/r/planted", "w"))
attempt("replaced the plasma store", lambda: os.rename(folder, folder + ".old"))
attempt("read the token", lambda: open(f"/proc/{driver}/environ", "rb").read())
for port in ports:
    for path in ("/api/jobs/", "/api/version", "/logs", "/"):
        address = f"http://127.0.0.1:{port}{path}"
        attempt(address, lambda: urllib.request.urlopen(address, timeout=2).read()[:200])
print("\\n".join(done))
"""


@pytest.fixture
def open_port(tmp_path: Path) -> Iterator[int]:
    """The port of a server of this machine that anybody may ask."""
    with ThreadingHTTPServer(("127.0.0.1", 0), SimpleHTTPRequestHandler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server.server_address[1]
        server.shutdown()


def test_another_user_reaches_nothing_of_a_run(tmp_path: Path, open_port: int) -> None:
    (tmp_path / "tiny.yaml").write_text(STUDY)
    run = subprocess.Popen(
        [sys.executable, "-m", "incay", "run", "tiny.yaml", "--set", "steps=20000", "--no-mirror"],
        cwd=tmp_path,
        env=ENVIRONMENT,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        folder, ports = _session(run, tmp_path)
        attack = subprocess.run(
            [sys.executable, "-c", ATTACK, folder, str(run.pid), *map(str, (open_port, *ports))],
            cwd="/",
            capture_output=True,
            text=True,
            timeout=500,
            check=False,
        )
    finally:
        run.send_signal(signal.SIGINT)
        assert run.wait(timeout=500) == 130
    assert attack.returncode == 0, attack.stderr
    first, *told = [line for line in attack.stdout.splitlines() if not _is_metrics(line)]
    assert f":{open_port}/" in first  # the attack works, where nothing is in its way
    assert [line for line in told if f":{open_port}/" not in line] == []
    assert not Path(folder).exists()


def _session(run: subprocess.Popen[bytes], results: Path) -> tuple[str, list[int]]:
    """Return the folder of a run's Ray and the ports that it listens on, once it trains."""
    deadline = time.monotonic() + 500
    while not list(results.glob("results/trials/*/*/progress.json")):
        assert run.poll() is None
        assert time.monotonic() < deadline
        time.sleep(0.2)
    folder, ports = "", set()
    for each in psutil.Process(run.pid).children(recursive=True):
        with suppress(psutil.Error):
            words = " ".join(each.cmdline())
            if "/r/session_" in words and "=/" in words:
                folder = words.partition("/r/session_")[0].rpartition("=")[2]
            for opened in each.net_connections("tcp"):
                if opened.status == psutil.CONN_LISTEN:
                    ports.add(opened.laddr.port)
    assert folder
    assert ports
    return folder, sorted(ports)


def _is_metrics(line: str) -> bool:
    """Return whether it is what Prometheus is shown: numbers of this machine, and nothing else."""
    return "# HELP" in line
