"""Starts `raylets.py` and talks to it."""

from __future__ import annotations

import json
import os
import secrets
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from processes import kill, with_environment
from programs import incay

PROJECT = Path(__file__).parents[3]


class Raylets:
    """A head and workers, with a token of their own, while the ``with`` block runs.

    Args:
        home: Home of their user.
        cpus: CPUs that the head offers, then those of each worker.
        environment: What the nodes' environment holds besides.

    Attributes:
        address: Where drivers connect.
        dashboard: URL of the dashboard, where jobs are submitted.
        environment: What a client needs in its environment; with the token.
    """

    def __init__(self, home: Path, *cpus: int, **environment: str) -> None:
        # Of its own: others' `ray.init()` would join what the shared one names. Short, for sockets.
        self._scratch = tempfile.mkdtemp(prefix="incay-ray-", dir="/tmp")
        self._cpus = [str(count) for count in cpus]
        self.environment = {
            **os.environ,
            "HOME": str(home),
            "PYTHONPATH": str(PROJECT / ".src"),
            "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
            "RAY_AUTH_MODE": "token",
            "RAY_AUTH_TOKEN": secrets.token_hex(16),
            "RAY_TMPDIR": self._scratch,
            "RAY_USAGE_STATS_ENABLED": "0",
            **environment,
        }
        self.address = self.dashboard = ""

    def __enter__(self) -> Raylets:
        self._process = subprocess.Popen(
            [sys.executable, str(Path(__file__).with_name("raylets.py")), *self._cpus],
            env=self.environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            start_new_session=True,
        )
        started = json.loads(self._line())
        self.address, self.dashboard = started["address"], f"http://{started['dashboard']}"
        return self

    def __exit__(self, *error: object) -> None:
        try:
            self._process.communicate("end\n", timeout=500)
        except subprocess.TimeoutExpired:
            self._process.kill()
        # What a node that lost its power left behind knows this cluster's token.
        kill(with_environment(f"RAY_AUTH_TOKEN={self.environment['RAY_AUTH_TOKEN']}"))
        shutil.rmtree(self._scratch, ignore_errors=True)

    def training_node(self) -> str:
        """Return the id of the first worker node that is training."""
        return self._order("find")

    def kill(self) -> str:
        """End the first worker node that is training as a power cut would; return its id."""
        return self._order("kill")

    def kill_all(self) -> None:
        """End every node, the head's too, as a power cut would."""
        self._order("kill all")

    def _order(self, order: str) -> str:
        self._process.stdin.write(f"{order}\n")
        self._process.stdin.flush()
        return self._line().strip()

    def incay(self, *arguments: str, cwd: Path, timeout: float = 180):
        """Run a command of incay as a client of this cluster."""
        return incay(*arguments, cwd=cwd, timeout=timeout, **self.environment)

    def _line(self) -> str:
        line = self._process.stdout.readline()
        assert line, "the raylets ended"
        return line
