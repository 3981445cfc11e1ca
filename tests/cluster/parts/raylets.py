"""Several raylets on this machine, in a process of their own: Ray's utility needs a main thread.

``python raylets.py CPUS …`` starts a head and, for each further argument, a worker with so many
CPUs, prints one line of JSON, and then obeys the lines it reads: ``find`` prints the id of the
first worker that is training, ``kill`` also ends it as a power cut would, ``kill all`` ends the
whole cluster so, and ``end`` (or closing the input) ends all in peace.
"""

from __future__ import annotations

import json
import os
import socket
import sys

from processes import descendants, is_training, kill
from ray.cluster_utils import Cluster


def processes_of(node) -> list[int]:
    return descendants(node.all_processes["raylet"][0].process.pid)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def main() -> None:
    head, *workers = [int(text) for text in sys.argv[1:]]
    cluster = Cluster(
        initialize_head=True,
        head_node_args={
            "num_cpus": head,
            "include_dashboard": True,
            "dashboard_host": "127.0.0.1",
            "dashboard_port": free_port(),
            # Ray's fixed default may be taken by another Ray of this machine.
            "dashboard_agent_listen_port": free_port(),
        },
    )
    nodes = [
        cluster.add_node(num_cpus=cpus, dashboard_agent_listen_port=free_port()) for cpus in workers
    ]
    started = {"address": cluster.address, "dashboard": cluster.head_node.webui_url}
    print(json.dumps(started), flush=True)
    for line in sys.stdin:
        if line.strip() == "end":
            break
        # Raylet and trials at once, so that none can say goodbye.
        if line.strip() == "kill all":
            below = descendants(os.getpid())
            kill(pid for pid in below if pid != os.getpid())
            print("done", flush=True)
            continue
        node = next(node for node in nodes if any(map(is_training, processes_of(node))))
        if line.strip() == "kill":
            kill(processes_of(node))
        print(node.node_id, flush=True)
    cluster.shutdown()


if __name__ == "__main__":
    main()
