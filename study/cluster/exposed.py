"""What others could read, change or reach of the machine that this runs on."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from pathlib import Path

from incay.study.planning.checks.others import exposed_results, exposed_token
from incay.study.privacy import Exposure
from incay.trainables.store.trials import Store

LOCAL_PORTS = {8265: "Ray's dashboard", 5000: "MLflow", 5432: "PostgreSQL"}
"""What listens on a head for itself and for tunnels alone."""

_LISTENS = "0A"
_TABLES = ("/proc/net/tcp", "/proc/net/tcp6")
_LOOPBACK = ("0100007F", "00000000000000000000000001000000", "0000000000000000FFFF00000100007F")


def exposures(settings: Mapping[str, str], *, of_cluster: bool) -> list[list[str]]:
    """Return what is open to others, each as what it is and what mends it.

    Args:
        settings: The environment that says where results are.
        of_cluster: Whether Ray runs here for others to reach, rather than for one run.
    """
    files = (exposed_token(), _results(settings))
    found = [[f"{each}", each.remedy] for each in files if each is not None]
    if of_cluster:
        found += map(list, _cluster(open_ports(_TABLES)))
    return found


def open_ports(tables: tuple[str, ...]) -> set[int]:
    """Return the TCP ports that are listened on beyond loopback.

    Args:
        tables: Files as Linux keeps them; those that are not there say nothing.
    """
    found = set()
    for table in filter(os.path.exists, tables):
        for line in Path(table).read_text().splitlines()[1:]:
            address, state = line.split()[1], line.split()[3]
            host, _, port = address.partition(":")
            if state == _LISTENS and host not in _LOOPBACK and not host.endswith("7F"):
                found.add(int(port, 16))
    return found


def _results(settings: Mapping[str, str]) -> Exposure | None:
    try:
        return exposed_results(Store(settings.get("INCAY_RESULTS") or "results"))
    except (OSError, ValueError):  # no place at all: said where it is written to
        return None


def _cluster(ports: set[int]) -> Iterator[tuple[str, str]]:
    if os.environ.get("RAY_AUTH_MODE") != "token":
        what = "Ray must ask for its token here, but takes whoever connects"
        yield what, "set RAY_AUTH_MODE=token in the environment of every node, then `ray up`"
    for port in sorted(ports & set(LOCAL_PORTS)):
        what = f"{LOCAL_PORTS[port]} must listen on loopback, but port {port} is open to others"
        yield what, "have it listen on 127.0.0.1: `incay ui --cluster` tunnels to it"
