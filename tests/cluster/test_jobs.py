"""Studies as jobs of a real Ray: submitted, taken up again, stopped, and only with the token."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import urllib.error
import urllib.request

import pytest
from programs import incay, python
from raylets_client import Raylets
from small_study import local_outcomes, wait_for, write_study

pytestmark = pytest.mark.long


@pytest.fixture(scope="module")
def cluster(tmp_path_factory):
    folder = tmp_path_factory.mktemp("jobs")
    write_study(folder)
    results = str(folder / "results")
    # One node: Ray unpacks a job's code once per node, and nodes of one machine share the place.
    with Raylets(folder / "home", 2, INCAY_RESULTS=results) as running:
        running.folder = folder
        yield running


def test_a_job_outlives_its_client_and_is_taken_up_again(cluster, undisturbed):
    submit = ["submit", "small.yaml", "--address", cluster.dashboard, "--no-mirror"]
    client = subprocess.Popen(
        [sys.executable, "-m", "incay", *submit],
        cwd=cluster.folder,
        env=cluster.environment,
    )
    wait_for(
        lambda: list(cluster.folder.glob("results/trials/*/*/progress.json")), "a report of a trial"
    )
    os.kill(client.pid, signal.SIGKILL)
    client.wait()
    again = cluster.incay(*submit, cwd=cluster.folder)
    assert again.returncode == 0, again.stdout + again.stderr
    assert "is running already" in again.stderr
    assert "4 trials started, 0 reused; 4 completed" in again.stdout
    assert local_outcomes(cluster.folder / "results") == undisturbed
    # From anywhere, through a job: this client need not reach the results.
    address = ["--address", cluster.dashboard]
    table = cluster.incay("table", "small", *address, "--format", "csv", cwd=cluster.folder)
    assert table.returncode == 0, table.stderr
    assert {line.split(",")[0] for line in table.stdout.splitlines()} == {"arm", "Softmax", "RN"}
    for command in (
        ["table", "small", "--output", "here/small.tex"],
        ["figure", "small", "paper-a-figure-3", "--output", "here/norms.csv"],
        ["report", "small", "--output", "here/small.html"],
    ):
        written = cluster.incay(*command, *address, cwd=cluster.folder)
        assert written.returncode == 0, written.stderr
        assert (cluster.folder / command[-1]).stat().st_size > 0
    # With the table came its manifest, so that it can be verified where the store is reached.
    verified = cluster.incay("verify", "here/small.tex", cwd=cluster.folder)
    assert verified.returncode == 0, verified.stdout + verified.stderr


def test_a_stopped_job_leaves_checkpoints(cluster):
    longer = ["--set", "steps=20000", "--set", "reports=400"]
    address = ["--address", cluster.dashboard]
    started = cluster.incay(
        "submit", "small.yaml", *address, "--no-mirror", "--no-follow", *longer, cwd=cluster.folder
    )
    assert started.returncode == 0, started.stderr
    wait_for(
        lambda: list(cluster.folder.glob("results/trials/*/*/progress.json")), "a report of a trial"
    )
    stopped = cluster.incay("stop", "small.yaml", *address, *longer, cwd=cluster.folder)
    assert stopped.returncode == 0, stopped.stderr
    assert "stopped: submitting it again goes on" in stopped.stderr
    assert list(cluster.folder.glob("results/trials/*/*/checkpoint.pt"))
    again = cluster.incay("stop", "small.yaml", *address, *longer, cwd=cluster.folder)
    assert again.returncode == 2
    assert "but none is" in again.stderr


def test_status_tells_of_a_job_that_failed_before_it_wrote_anything(cluster):
    text = "name: dataless\nbase: {dataset: cifar10}\n"
    (cluster.folder / "dataless.yaml").write_text(text)
    address = ["--address", cluster.dashboard]
    submitted = cluster.incay("submit", "dataless.yaml", *address, cwd=cluster.folder)
    assert submitted.returncode == 1
    for name in ("dataless", "dataless.yaml"):
        status = cluster.incay("status", name, *address, cwd=cluster.folder)
        assert status.returncode == 2
        told, missing = status.stderr.strip().splitlines()
        assert told.startswith("incay: the last job of dataless, incay-dataless-")
        assert "failed: " in told
        assert "data root" in told
        assert "must have been run here first" in missing


@pytest.mark.parametrize("token", ["", "0" * 32])
def test_without_the_token_nothing_is_submitted_or_read(cluster, token):
    for path in ("/api/jobs/", "/api/version", "/nodes?view=summary", "/api/v0/tasks"):
        request = urllib.request.Request(cluster.dashboard + path)
        request.add_header("Authorization", f"Bearer {token}")
        with pytest.raises(urllib.error.HTTPError) as refused:
            urllib.request.urlopen(request, timeout=20)
        assert refused.value.code in (401, 403)
    environment = {**cluster.environment, "RAY_AUTH_TOKEN": token}
    submit = ["submit", "small.yaml", "--address", cluster.dashboard]
    done = incay(*submit, cwd=cluster.folder, **environment)
    assert done.returncode == 2
    assert "token must be in" in done.stderr


def test_a_driver_without_the_token_is_refused(cluster):
    environment = {**cluster.environment, "RAY_AUTH_TOKEN": "0" * 32}
    connect = f"import ray; ray.init('{cluster.address}', log_to_driver=False); print('inside')"
    done = python("-c", connect, cwd=cluster.folder, **environment)
    assert done.returncode != 0
    assert "inside" not in done.stdout
    assert "token" in done.stderr.lower()
