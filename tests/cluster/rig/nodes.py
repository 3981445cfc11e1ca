"""Namespaced nodes: network, processes, mounts and host name of their own."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

HERE = Path(__file__).parent
PROJECT = HERE.parents[2]


def missing() -> str:
    """Return why the rig cannot run here, empty if it can."""
    if os.geteuid() != 0:
        return "needs root, for namespaces"
    tools = ("/usr/sbin/sshd", "ssh", "ssh-keygen", "ip", "unshare", "rsync", "psql", "runuser")
    absent = [tool for tool in tools if shutil.which(tool) is None]
    if absent:
        return f"needs {', '.join(absent)} (openssh-server, iproute2, rsync, postgresql)"
    made = subprocess.run(["unshare", "-n", "-m", "-p", "-f", "true"], check=False)
    return "" if made.returncode == 0 else "needs the right to make namespaces"


class Nodes:
    """A head and workers while the ``with`` block runs.

    Attributes:
        addresses: Of the nodes, the head's first.
        gateway: This machine's address towards them.
        key: The private key that logs in.
    """

    def __init__(self, folder: Path, count: int) -> None:
        self.folder = folder
        number = os.getpid() % 200 + 20  # so that two rigs on one machine do not meet
        self._prefix = f"incay{number}"
        self.gateway = f"10.99.{number}.1"
        self.addresses = [f"10.99.{number}.{10 + node}" for node in range(count)]
        self.key = folder / "id"
        self._bridge = f"{self._prefix}b"

    def __enter__(self) -> Nodes:
        self.folder.mkdir(parents=True, exist_ok=True)
        for name in ("host_key", "id"):
            _run("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(self.folder / name))
        try:
            _run("ip", "link", "add", self._bridge, "type", "bridge")
            _run("ip", "addr", "add", f"{self.gateway}/24", "dev", self._bridge)
            _run("ip", "link", "set", self._bridge, "up")
            for node in range(len(self.addresses)):
                self._start(node)
            for node in range(len(self.addresses)):
                self._wait(node)
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *error: object) -> None:
        for node in range(len(self.addresses)):
            self.kill(node)
            subprocess.run(["ip", "netns", "del", self._name(node)], check=False)
        subprocess.run(["ip", "link", "del", self._bridge], check=False)

    def kill(self, node: int) -> None:
        """End everything on a node at once."""
        # The first process of the node's process namespace takes all others with it.
        listed = ["ip", "netns", "pids", self._name(node)]
        found = subprocess.run(listed, capture_output=True, text=True, check=False)
        for pid in found.stdout.split():
            subprocess.run(["kill", "-9", pid], stderr=subprocess.DEVNULL, check=False)

    def kill_programs(self, node: int, *names: str) -> None:
        """End the processes of a node whose command lines hold one of the names, at once."""
        listed = ["ip", "netns", "pids", self._name(node)]
        found = subprocess.run(listed, capture_output=True, text=True, check=True)
        for pid in map(int, found.stdout.split()):
            with contextlib.suppress(OSError):
                command = Path(f"/proc/{pid}/cmdline").read_bytes()
                if any(name.encode() in command for name in names):
                    os.kill(pid, signal.SIGKILL)

    def run(self, node: int, command: str) -> str:
        """Run a command on a node by SSH and return what it prints."""
        done = subprocess.run(
            [*self._ssh(node), command], capture_output=True, text=True, timeout=500, check=True
        )
        return done.stdout

    def _name(self, node: int) -> str:
        return f"{self._prefix}n{node}"

    def _start(self, node: int) -> None:
        name, link, folder = self._name(node), f"{self._prefix}v{node}", self.folder / f"n{node}"
        for part in ("home", "ray", "units", "postgresql"):
            (folder / part).mkdir(parents=True, exist_ok=True)
        self._furnish(folder / "home")
        _run("ip", "netns", "add", name)
        _run("ip", "link", "add", link, "type", "veth", "peer", "name", "eth0", "netns", name)
        _run("ip", "link", "set", link, "master", self._bridge, "up")
        _run("ip", "-n", name, "addr", "add", f"{self.addresses[node]}/24", "dev", "eth0")
        _run("ip", "-n", name, "link", "set", "eth0", "up")
        _run("ip", "-n", name, "link", "set", "lo", "up")
        # Ray finds its own address by asking for a route outwards; nothing is sent.
        _run("ip", "-n", name, "route", "add", "default", "via", self.gateway)
        home = Path.home()
        needed = [sys.base_prefix] if Path(sys.base_prefix).is_relative_to(home) else []
        command = ["ip", "netns", "exec", name, "unshare", "-p", "-m", "-u", "-f", "--mount-proc"]
        command += ["--kill-child", str(HERE / "node.sh"), str(folder), str(PROJECT)]
        command += [str(Path(sys.prefix) / "lib"), *needed]
        with (folder / "sshd.log").open("wb") as log:
            subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def _furnish(self, home: Path) -> None:
        """Give a node what the setup commands would install, without installing."""
        tools, python = home / "rig-bin", home / "incay-venv"
        shutil.copytree(HERE / "bin", tools, dirs_exist_ok=True)
        (home / ".bashrc").touch()
        (home / ".profile").write_text(f'export PATH="$HOME/{tools.name}:$PATH"\n')
        (python / "bin").mkdir(parents=True, exist_ok=True)
        prefix = Path(sys.prefix)
        shutil.copy(prefix / "pyvenv.cfg", python / "pyvenv.cfg")
        (python / "lib").mkdir(exist_ok=True)  # where node.sh mounts the environment's own
        for program in ("python", "python3"):
            (python / "bin" / program).symlink_to((prefix / "bin" / program).resolve())
        for program in ("ray", "mlflow"):
            # The environment may lie in the project, which the node must not see.
            script = (prefix / "bin" / program).read_text().partition("\n")[2]
            interpreter = Path.home() / python.name / "bin" / "python3"
            (python / "bin" / program).write_text(f"#!{interpreter}\n{script}")
            (python / "bin" / program).chmod(0o755)
        (python / "bin" / "pip").write_text("#!/bin/bash\n")
        (python / "bin" / "pip").chmod(0o755)

    def _ssh(self, node: int) -> list[str]:
        options = ["-i", str(self.key), "-o", "BatchMode=yes", "-o", "StrictHostKeyChecking=no"]
        options += ["-o", "UserKnownHostsFile=/dev/null", "-o", "LogLevel=ERROR"]
        return ["ssh", *options, f"root@{self.addresses[node]}"]

    def _wait(self, node: int) -> None:
        deadline = time.monotonic() + 20
        while subprocess.run([*self._ssh(node), "true"], check=False).returncode != 0:
            if time.monotonic() > deadline:
                log = (self.folder / f"n{node}" / "sshd.log").read_text()
                raise RuntimeError(f"node {node} must answer by SSH, but does not: {log}")
            time.sleep(0.3)


def _run(*command: str) -> None:
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
