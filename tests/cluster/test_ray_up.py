"""A true `ray up` over SSH: three machines (namespaces of this one), S3, PostgreSQL, MLflow."""

from __future__ import annotations

import json
import time
import urllib.request

import pytest
from rig.cluster import User
from rig.nodes import Nodes, missing
from services import CREDENTIALS, s3_server, s3_uri
from small_study import TRIALS, outcomes, wait_for, write_study

from incay.study.cluster.connection import free_port
from incay.trainables.store.trials import Store

pytestmark = [
    pytest.mark.long,
    pytest.mark.timeout(1500),
    pytest.mark.skipif(bool(missing()), reason=missing() or "runs"),
]

_HEAD, _WORKERS = 0, (1, 2)


def test_up_submit_lose_nodes_table_down(tmp_path, monkeypatch, undisturbed):
    for name, value in CREDENTIALS.items():
        monkeypatch.setenv(name, value)
    with Nodes(tmp_path / "nodes", 3) as nodes, s3_server(nodes.gateway) as s3:
        results = s3_uri(s3, "results")
        user = User(tmp_path / "user", nodes, results, artifacts="s3://incay/mlflow")
        write_study(user.home)
        store = Store(results)
        try:
            _whole_way(user, nodes, store, undisturbed)
        finally:
            (tmp_path / "log.txt").write_text("\n".join(user.log))


def _whole_way(user: User, nodes: Nodes, store: Store, undisturbed: dict) -> None:
    cluster = ["--cluster", user.file.name]
    _works(user.incay("doctor", *cluster), "no problem found in the file")
    _works(user.ray("up", "-y", "--no-config-cache", user.file.name), "Ray runtime started")
    wait_for(lambda: _nodes_seen(user) == 3, "every worker", seconds=180)

    # A worker loses its power in the middle; then the head loses its Ray.
    client = user.start("submit", "small.yaml", *cluster)
    wait_for(lambda: _reports(store), "a report of a trial", seconds=240)
    worker = next(n for n in _WORKERS if "Trainable" in nodes.run(n, "ps -eo args"))
    nodes.kill_programs(worker, "raylet", "ray::")
    wait_for(lambda: _ended(store) >= 1, "the end of a trial", seconds=240)
    nodes.kill_programs(_HEAD, "gcs_server", "raylet", "ray::", "incay.study.head_job")
    client.kill()
    user.log.append(f"$ incay submit small.yaml --cluster lab.yaml\n{client.communicate()[0]}")

    _works(user.ray("up", "-y", "--no-config-cache", user.file.name), "Ray runtime started")
    done = _works(user.incay("submit", "small.yaml", *cluster, timeout=500), "4 completed")
    assert "0 reused" not in done
    assert _outcomes(store) == undisturbed

    # The same table through a job and from the results.
    options = ["table", "small", "--format", "csv"]
    through_job = _works(user.incay(*options, *cluster), "Softmax")
    direct = _works(user.incay(*options, "--results", store.uri), "Softmax")
    assert direct in through_job
    _works(user.incay("table", "small", *cluster), "RN")

    # MLflow, on PostgreSQL, has the study, its arms and the trials, and listens on loopback only.
    query = "SELECT count(*) FROM runs WHERE status = 'FINISHED'"
    assert int(nodes.run(_HEAD, f'psql -d mlflow -tAc "{query}"')) == 1 + 2 + TRIALS
    listening = nodes.run(_HEAD, "ss -ltnH")
    for port in (5000, 8265):
        lines = [line.split()[3] for line in listening.splitlines() if f":{port} " in line]
        assert lines == [f"127.0.0.1:{port}"]

    # Through a tunnel they are reached from here.
    port = free_port()
    tunnels = user.start("ui", *cluster, "--port", str(port))
    wait_for(lambda: _answers(f"http://127.0.0.1:{port}/health"), "MLflow through a tunnel")
    tunnels.kill()
    tunnels.wait()
    wait_for(lambda: not _answers(f"http://127.0.0.1:{port}/health"), "the end of the tunnel")

    _works(user.ray("down", "-y", user.file.name), "No nodes remaining")
    assert "gcs_server" not in nodes.run(_HEAD, "ps -eo args")
    # Workers whose head is gone end by themselves.
    wait_for(
        lambda: all("raylet/raylet" not in nodes.run(n, "ps -eo args") for n in _WORKERS),
        "the end of the workers",
        seconds=180,
    )


def _answers(url: str) -> bool:
    try:
        return urllib.request.urlopen(url, timeout=5).status == 200
    except OSError:
        return False


def _works(done, said: str) -> str:
    assert done.returncode == 0, done.stdout[-4000:]
    assert said in done.stdout
    return done.stdout


def _nodes_seen(user: User) -> int:
    time.sleep(2)
    shown = user.incay("doctor", "--cluster", user.file.name)
    rows = [line for line in shown.stdout.splitlines() if line.startswith(("head", "worker"))]
    return len(rows) if shown.returncode == 0 else 0


def _rows(store: Store) -> list[str]:
    latest = store.read("studies/small/latest.json")
    if latest is None:
        return []
    content = store.read(f"studies/small/{json.loads(latest)['run']}/trials.json")
    return [row["fingerprint"] for row in json.loads(content)["trials"]] if content else []


def _reports(store: Store) -> bool:
    return any(list(store.list(f"trials/{prefix}")) for prefix in store.list("trials"))


def _ended(store: Store) -> int:
    names = [name for prefix in store.list("trials") for name in store.list(f"trials/{prefix}")]
    return sum(store.read_record(name) is not None for name in names)


def _outcomes(store: Store) -> dict:
    records = [store.read(f"trials/{name[:2]}/{name}/record.json") for name in _rows(store)]
    return outcomes(record for record in records if record is not None)
