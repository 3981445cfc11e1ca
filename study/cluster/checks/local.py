"""What Ray accepts silently in the cluster file of machines reached by SSH."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from incay.study.cluster.checks.problem import Problem
from incay.study.cluster.file import ClusterFile

_SWITCH = "RAY_enable_autoscaler_v2"


def local_problems(file: ClusterFile) -> list[Problem]:
    """Return what is wrong with the addresses and the start of a local cluster."""
    problems = [*(_coordinator(file) if file.has_coordinator else _addresses(file))]
    lines = " ".join(file.commands("head_start_ray_commands"))
    if file.environment.get(_SWITCH) != "0" and f"{_SWITCH}=0" not in lines:
        what = "the newer autoscaler leaves local workers unstarted"
        problems.append(Problem("head_start_ray_commands", what, f"set {_SWITCH}=0 on the head"))
    return problems


def _coordinator(file: ClusterFile) -> Iterator[Problem]:
    """Yield that who is head and who works is known to the coordinator alone."""
    del file
    what = "must be absent to be checked and reached from here: only it knows the head's address"
    remedy = "give head_ip and worker_ips, or work with the dashboard: --address URL"
    yield Problem("provider.coordinator_address", what, remedy)


def _addresses(file: ClusterFile) -> Iterator[Problem]:
    head, workers = file.provider.get("head_ip"), file.provider.get("worker_ips")
    named = [("provider.head_ip", head)] if head is not None else []
    named += [(f"provider.worker_ips[{place}]", each) for place, each in enumerate(workers or [])]
    for where, address in named:
        if not isinstance(address, str) or not address.strip():
            what = f"must be the address of a machine, but is {repr(address)[:60]}"
            yield Problem(where, what, "a text, such as 192.0.2.11")
    addresses = [address for _, address in named if isinstance(address, str)]
    twice = [ip for ip, count in Counter(addresses).items() if count > 1 and ip]
    if twice and not all("CHANGE-ME" in ip for ip in twice):
        what = f"every machine must be listed once, but {', '.join(twice)} is listed again"
        yield Problem("provider.worker_ips", what, "the head trains nothing: leave it")
