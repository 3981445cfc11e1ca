"""Whether this machine and this Python let Ray work, which by itself would try for minutes."""

from __future__ import annotations

import socket
import sys

from incay.study.errors import UserError

_LOOPBACK = "127.0.0.1"
_SECONDS_TO_CONNECT = 2.0


def check_machine() -> None:
    """Refuse what no run could begin with.

    Raises:
        UserError: It says what must hold.
    """
    if sys.flags.optimize > 1:
        raise UserError(
            "Python must keep docstrings, which Ray reads, but removes them here: unset "
            "PYTHONOPTIMIZE, or leave out -OO"
        )
    try:
        with socket.create_server((_LOOPBACK, 0)) as server:
            socket.create_connection(server.getsockname(), _SECONDS_TO_CONNECT).close()
    except OSError as error:
        raise UserError(
            f"the processes of a run must reach each other at {_LOOPBACK}, but cannot: {error} "
            "(is the loopback interface up? `ip link set lo up`)"
        ) from error
