"""What Ray accepts silently in the cluster file of machines reached by SSH."""

from __future__ import annotations

from collections import Counter

from incay.study.cluster.checks.problem import Problem
from incay.study.cluster.file import ClusterFile


def local_problems(file: ClusterFile) -> list[Problem]:
    """Return what is wrong with the addresses and the start of a local cluster."""
    provider, problems = file.provider, []
    addresses = [provider.get("head_ip"), *(provider.get("worker_ips") or [])]
    twice = [str(ip) for ip, count in Counter(addresses).items() if count > 1 and ip]
    if twice and not all("CHANGE-ME" in ip for ip in twice):
        what = f"every machine must be listed once, but {', '.join(twice)} is listed again"
        problems.append(Problem("provider.worker_ips", what, "the head trains nothing: leave it"))
    lines = " ".join(file.commands("head_start_ray_commands"))
    switch = "RAY_enable_autoscaler_v2"
    if file.environment.get(switch) != "0" and f"{switch}=0" not in lines:
        what = "the newer autoscaler leaves local workers unstarted"
        problems.append(Problem("head_start_ray_commands", what, f"set {switch}=0 on the head"))
    return problems
