"""The Ray cluster that RAY_ADDRESS names, if it names one: which forms, and whether it answers."""

from __future__ import annotations

import os
import re
import socket
from pathlib import Path

from incay.study.errors import UserError
from incay.trainables.store.reading.damage import RecordError
from incay.trainables.store.reading.door import read_regular

VARIABLE = "RAY_ADDRESS"

_SECONDS_TO_ANSWER = 5.0
_LONGEST_ADDRESS = 300
_HOST_AND_PORT = re.compile(r"(?P<host>\[[0-9a-fA-F:.%\w]+\]|[^\s:/\[\]@]+):(?P<port>\d{1,5})")
_GREETING = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + bytes(3) + b"\x04" + bytes(5)
"""How a client of gRPC begins: HTTP/2's preface and empty settings."""
_SETTINGS = 4  # the kind of frame with which a server must begin


def cluster_address() -> str | None:
    """Return the address of the cluster to train on, None for this machine.

    It is not asked whether anything answers there.

    Raises:
        UserError: RAY_ADDRESS has a form that a study cannot be run with.
    """
    address = os.environ.get(VARIABLE, "").strip()
    if address in ("", "local"):  # as Ray reads them
        return None
    if address == "auto" or _parts(address) is not None:
        return address
    hint = ""
    if address.startswith(("http://", "https://")):
        hint = ". That is a dashboard: `incay submit STUDY --address URL` takes one"
    elif address.startswith("ray://"):
        hint = ". Ray's client cannot run a study: name the head itself"
    raise UserError(
        f"{VARIABLE} must be HOST:PORT of a Ray cluster's head, such as 192.0.2.1:6379 or "
        f"[2001:db8::1]:6379, or auto, but is {address!r}{hint}"
    )


def require_cluster(address: str) -> str:
    """Refuse an address at which no Ray answers; Ray itself would try for minutes.

    Args:
        address: What `cluster_address` returned.

    Returns:
        The same, with HOST:PORT of this machine's cluster for ``auto``.

    Raises:
        UserError: Nothing answers within seconds, or another program does.
    """
    found = _of_this_machine() if address == "auto" else address
    parts = _parts(found)
    if parts is None:
        raise no_answer(
            address,
            f"no cluster was started on this machine. `ray start --head` starts one; without "
            f"{VARIABLE} a study trains on this machine alone",
        )
    try:
        with socket.create_connection(parts, _SECONDS_TO_ANSWER) as opened:
            opened.sendall(_GREETING)
            answer = b""
            while len(answer) < 4 and (more := opened.recv(4 - len(answer))):
                answer += more
    except OSError as error:
        raise no_answer(address, str(error)) from error
    if len(answer) < 4 or answer[3] != _SETTINGS:
        raise no_answer(address, "another program listens there (Ray's own port is 6379)")
    return found


def _of_this_machine() -> str:
    """Return the address of the cluster that ``ray start`` has started here; empty for none.

    Ray itself would take any it finds among the processes, also one that is another run's own. What
    another user has put there is none: anybody may in ``/tmp``, and is sent token and code.
    """
    path = Path(os.environ.get("RAY_TMPDIR") or "/tmp") / "ray" / "ray_current_cluster"
    try:
        if path.lstat().st_uid not in (0, os.geteuid()):
            return ""
        return read_regular(path, _LONGEST_ADDRESS).decode().strip()
    except (OSError, ValueError, RecordError):
        return ""


def no_answer(address: str, why: str) -> UserError:
    """Return the error for an address at which no cluster can be had."""
    return UserError(
        f"{VARIABLE} must be the address of a Ray cluster that answers, but is {address!r}: {why}"
    )


def _parts(address: str) -> tuple[str, int] | None:
    match = _HOST_AND_PORT.fullmatch(address)
    if match is None or not 0 < int(match["port"]) < 2**16:
        return None
    return match["host"].strip("[]"), int(match["port"])
