"""A cluster file: what `ray up` starts, read without starting anything."""

from __future__ import annotations

import contextlib
import io
import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from incay.study.cluster.unreachable import lookup_failed
from incay.study.errors import UserError
from incay.trainables.store.reading.door import read_regular

_MOST_BYTES = 256 * 2**10
_LOGIN = re.compile(r"[\w.][\w.+\\$-]*@[\w:\[][\w.:%\[\]-]*", re.ASCII)
_MOST_VALUES = 10_000
_DEEPEST = 50
_TOO_DEEP = f"values of a cluster file must be nested at most {_DEEPEST} deep"
_ASSIGNMENT = re.compile(r"[A-Za-z_][A-Za-z0-9_]*=")


@dataclass(frozen=True)
class ClusterFile:
    """A cluster file's values.

    Attributes:
        path: The file.
        values: Its content.
    """

    path: Path
    values: dict[str, Any]

    @property
    def provider(self) -> dict[str, Any]:
        """The section ``provider``."""
        return mapping(self.values.get("provider"))

    @property
    def is_local(self) -> bool:
        """Whether its machines are given by address instead of rented."""
        return self.provider.get("type") == "local"

    @property
    def has_coordinator(self) -> bool:
        """Whether a server of Ray's hands out the machines of a local cluster."""
        return self.is_local and "coordinator_address" in self.provider

    @property
    def node_types(self) -> dict[str, dict[str, Any]]:
        """The kinds of nodes, by name; empty for a local cluster."""
        kinds = mapping(self.values.get("available_node_types"))
        return {name: mapping(kind) for name, kind in kinds.items()}

    @property
    def environment(self) -> dict[str, str]:
        """What `initialization_commands` write down for every node."""
        found = {}
        for command in self.commands("initialization_commands"):
            for word in _words(command):
                if _ASSIGNMENT.match(word):
                    name, _, value = word.partition("=")
                    found[name] = value.strip("'\"")
        return found

    def commands(self, *sections: str) -> list[str]:
        """Return the commands of some sections, in order."""
        found = [self.values.get(section) for section in sections]
        return [str(command) for part in found if isinstance(part, list) for command in part]

    def texts(self) -> Iterator[tuple[str, str]]:
        """Yield (dotted path, text) of every text in the file."""
        return _texts(self.values, "")

    def ssh_command(self, *options: str) -> list[str]:
        """Return the command that logs in at the head.

        Args:
            options: Further options of ``ssh``.

        Raises:
            UserError: The head is not running, or cannot be looked up; or what the file says of it
                is no login, as what begins like an option of ``ssh`` is none.
        """
        auth = mapping(self.values.get("auth"))
        known_hosts = Path.home() / ".incay" / "known_hosts"
        known_hosts.parent.mkdir(mode=0o700, exist_ok=True)
        command = ["ssh", "-o", "BatchMode=yes", "-o", "StrictHostKeyChecking=accept-new"]
        command += ["-o", f"UserKnownHostsFile={known_hosts}", "-o", "ConnectTimeout=20"]
        command += ["-o", "ServerAliveInterval=15", "-o", "ServerAliveCountMax=4"]
        if auth.get("ssh_private_key"):
            command += ["-i", str(Path(auth["ssh_private_key"]).expanduser())]
        if auth.get("ssh_proxy_command"):
            command += ["-o", f"ProxyCommand={auth['ssh_proxy_command']}"]
        login = f"{auth.get('ssh_user', 'ubuntu')}@{self._head_ip()}"
        if not _LOGIN.fullmatch(login):
            raise UserError(
                f"{self.path}: auth.ssh_user and the head's address must be a name and an address, "
                f"but make {login!r}"
            )
        return [*command, *options, login]

    def _head_ip(self) -> str:
        if self.is_local:
            head = self.provider.get("head_ip")
            if not isinstance(head, str) or not head.strip():
                raise UserError(
                    f"{self.path}: provider.head_ip must be the head's address, but is "
                    f"{'not given' if head is None else repr(head)}; without it the cluster "
                    "is reached by --address URL, that of its dashboard"
                )
            return head
        from ray.autoscaler.sdk import get_head_node_ip

        try:
            with quietly():
                address: str = get_head_node_ip(str(self.path))
        except Exception as error:  # a provider's own errors, of any kind
            raise lookup_failed(self.path, error) from error
        return address


@contextlib.contextmanager
def quietly() -> Iterator[None]:
    """Drop what Ray's launcher prints on its way: what it raises says the same."""
    nowhere = io.StringIO()
    with contextlib.redirect_stdout(nowhere), contextlib.redirect_stderr(nowhere):
        yield


def load_cluster_file(path: Path) -> ClusterFile:
    """Read a cluster file.

    Raises:
        UserError: It cannot be read, is not plain YAML or is not a mapping.
    """
    try:
        values = YAML(typ="safe", pure=True).load(read_regular(path, _MOST_BYTES))
    except (OSError, YAMLError, ValueError) as error:  # ValueError: a date that there is not
        what = f"the cluster file must be readable YAML, but: {_first_line(error)}"
        raise UserError(f"{path}{_line_of(error)}: {what}") from error
    except RecursionError as error:
        raise UserError(f"{path}: {_TOO_DEEP}") from error
    if not isinstance(values, dict):
        raise UserError(f"{path}: a cluster file must be a mapping of keys to values")
    _require_small(values, path)
    return ClusterFile(path, values)


def _require_small(values: dict[Any, Any], path: Path) -> None:
    """Refuse values that aliases repeat without end: whatever walks through them would not stop.

    Raises:
        UserError: They are too many, or nested too deeply.
    """
    waiting: list[tuple[Any, int]] = [(values, 0)]
    count = 0
    while waiting:
        node, depth = waiting.pop()
        inner = [*node.values()] if isinstance(node, dict) else node
        if not isinstance(inner, list):
            continue
        count += len(inner)
        if count > _MOST_VALUES:
            raise UserError(f"{path}: a cluster file must hold at most {_MOST_VALUES:,} values")
        if depth > _DEEPEST:
            raise UserError(f"{path}: {_TOO_DEEP}")
        waiting += [(each, depth + 1) for each in inner]


def _line_of(error: Exception) -> str:
    """Return ``", line N"`` for an error of YAML that knows it."""
    mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
    return "" if mark is None else f", line {mark.line + 1}"


def _first_line(error: Exception) -> str:
    return (str(getattr(error, "problem", None) or error).strip().splitlines() or ["empty"])[0]


def mapping(value: Any) -> dict[str, Any]:
    """Return a mapping as it is, and anything else as an empty one."""
    return value if isinstance(value, dict) else {}


def _words(command: str) -> list[str]:
    try:
        return shlex.split(command)
    except ValueError:  # an open quote: the shell will say so, here it must end nothing
        return command.split()


def _texts(node: Any, path: str) -> Iterator[tuple[str, str]]:
    if isinstance(node, dict):
        for key, value in node.items():
            yield from _texts(value, f"{path}.{key}" if path else str(key))
    elif isinstance(node, list):
        for index, value in enumerate(node):
            yield from _texts(value, f"{path}[{index}]")
    elif isinstance(node, str):
        yield path, node
