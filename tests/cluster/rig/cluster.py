"""A user of the rig: has edited `cluster.local.yaml`, and runs ray and incay from a machine."""

from __future__ import annotations

import os
import re
import secrets
import subprocess
import sys
from pathlib import Path

from rig.nodes import PROJECT, Nodes


class User:
    """Someone with a token, a key and a cluster file of their own.

    Attributes:
        home: Their home.
        file: Their cluster file.
        environment: What their commands run with.
        log: Every command and what it printed.
    """

    def __init__(self, home: Path, nodes: Nodes, results: str, artifacts: str) -> None:
        self.home = home
        self.log: list[str] = []
        (home / ".ray").mkdir(parents=True)
        (home / ".ray" / "auth_token").write_text(secrets.token_hex(32))
        (home / ".aws").mkdir()
        (home / ".aws" / "credentials").write_text(
            "[default]\naws_access_key_id = testing\naws_secret_access_key = testing\n"
        )
        head, *workers = nodes.addresses
        text = (PROJECT / "cluster.local.yaml").read_text()
        for place, value in (
            ("cluster_name: incay-lab", f"cluster_name: incay-{os.getpid()}"),
            ("&head_ip CHANGE-ME", f"&head_ip {head}"),
            ("&worker_ips [CHANGE-ME]", f"&worker_ips [{', '.join(workers)}]"),
            ("&user CHANGE-ME", "&user root"),
            ("&private_key ~/.ssh/CHANGE-ME", f"&private_key {nodes.key}"),
            ("INCAY_RESULTS='CHANGE-ME'", f"INCAY_RESULTS='{results}'"),
            ("INCAY_ARTIFACTS='CHANGE-ME'", f"INCAY_ARTIFACTS='{artifacts}'"),
            ("INCAY_DATA='CHANGE-ME'", "INCAY_DATA=''"),
            ("file_mounts:\n", "file_mounts:\n  ~/.aws/credentials: ~/.aws/credentials\n"),
        ):
            assert text.count(place) == 1, place
            text = text.replace(place, value)
        assert not re.search(r"CHANGE-ME", text)
        self.file = home / "lab.yaml"
        self.file.write_text(text)
        kept = {k: v for k, v in os.environ.items() if not k.startswith(("RAY_", "INCAY_"))}
        self.environment = {
            **kept,
            "HOME": str(home),
            "PYTHONPATH": str(PROJECT / ".src"),
            "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
            "RAY_USAGE_STATS_ENABLED": "0",
            "COLUMNS": "160",
        }

    def incay(self, *arguments: str, timeout: float = 300) -> subprocess.CompletedProcess[str]:
        """Run a command of incay."""
        return self._run(["incay", *arguments], [sys.executable, "-m", "incay"], timeout)

    def ray(self, *arguments: str, timeout: float = 400) -> subprocess.CompletedProcess[str]:
        """Run a command of ray."""
        return self._run(["ray", *arguments], ["ray"], timeout)

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        """Start a command of incay and leave it running."""
        return subprocess.Popen(
            [sys.executable, "-m", "incay", *arguments],
            cwd=self.home,
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def _run(
        self, shown: list[str], program: list[str], timeout: float
    ) -> subprocess.CompletedProcess[str]:
        done = subprocess.run(
            [*program, *shown[1:]],
            cwd=self.home,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=timeout,
            check=False,
        )
        self.log.append(f"$ {' '.join(shown)}\n{done.stdout}")
        return done
