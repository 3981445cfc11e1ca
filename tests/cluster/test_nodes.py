"""What a running cluster says about its nodes, and a node that is about to be taken away."""

from __future__ import annotations

import json
import signal
import subprocess
import sys

import pytest
from raylets_client import Raylets
from small_study import local_outcomes, start_driver, wait_for, write_study

pytestmark = pytest.mark.long


@pytest.fixture
def cluster(tmp_path):
    settings = {
        "INCAY_RESULTS": str(tmp_path / "results"),
        "INCAY_DATA": str(tmp_path / "nowhere"),
        "MLFLOW_TRACKING_URI": "http://127.0.0.1:9",
    }
    with Raylets(tmp_path / "home", 0, 1, 1, **settings) as running:
        yield running


def test_doctor_examines_every_node(cluster, tmp_path):
    done = cluster.incay("doctor", "--address", cluster.dashboard, cwd=tmp_path)
    assert done.returncode == 1, done.stdout + done.stderr
    rows = [line.split()[0] for line in done.stdout.splitlines() if line.strip()]
    assert rows.count("head") >= 1
    assert rows.count("worker") >= 2
    assert done.stdout.count("ok:") == 3  # the results, from every node
    assert done.stdout.count("FAILS:") == 2  # the head's data and MLflow
    # The remedies; lines are wrapped, so by their longest words.
    assert "INCAY_DATA" in done.stdout
    assert "incay-mlflow" in done.stdout


def test_a_node_that_was_drained_costs_nothing_but_its_last_interval(
    cluster, tmp_path, undisturbed
):
    driver = start_driver(tmp_path, cluster.address, cluster.environment)
    progress = "results/trials/*/*/progress.json"
    wait_for(lambda: len(list(tmp_path.glob(progress))) == 2, "reports of two trials")
    drained = subprocess.run(
        [
            *("ray", "drain-node", "--address", cluster.address),
            *("--node-id", cluster.training_node()),
            *("--reason", "DRAIN_NODE_REASON_PREEMPTION", "--reason-message", "spot notice"),
            *("--deadline-remaining-seconds", "5"),
        ],
        env=cluster.environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert drained.returncode == 0, drained.stderr
    cluster.kill()
    said, _ = driver.communicate(timeout=500)
    assert driver.returncode == 0, said
    assert "4 completed" in said
    assert local_outcomes(tmp_path / "results") == undisturbed
    records = [json.loads(p.read_text()) for p in tmp_path.glob("results/trials/*/*/record.json")]
    assert {record["status"] for record in records} == {"completed"}


def test_trials_ask_for_more_than_one_node_at_once(cluster, tmp_path):
    """What an autoscaler sees: all trials that there are no places for, up to sixteen."""
    write_study(tmp_path)
    command = [
        sys.executable,
        "-m",
        "incay.study.cli",
        "run",
        "small.yaml",
        "--no-mirror",
        "--seeds=4",
    ]
    settings = {**cluster.environment, "RAY_ADDRESS": cluster.address}
    driver = subprocess.Popen(command, cwd=tmp_path, env=settings, stdout=subprocess.DEVNULL)

    def wanted() -> int:
        listed = subprocess.run(
            ["ray", "list", "placement-groups", "--address", cluster.dashboard],
            env=cluster.environment,
            capture_output=True,
            text=True,
            check=True,
        )
        return listed.stdout.count("PENDING")

    wait_for(lambda: wanted() == 6, "requests of the six trials that two places leave waiting")
    driver.send_signal(signal.SIGINT)
    assert driver.wait(timeout=500) == 130


def test_a_trial_that_fits_no_node_says_what_it_waits_for(cluster, tmp_path):
    write_study(tmp_path)
    log = tmp_path / "log"
    with log.open("w") as out:
        driver = subprocess.Popen(
            [sys.executable, "-m", "incay", "run", "small.yaml", "--set", "resources.cpu=4"],
            cwd=tmp_path,
            env={**cluster.environment, "RAY_ADDRESS": cluster.address},
            stdout=out,
            stderr=out,
        )
    said = "waits for a node with 4 CPU, as a trial asks for: the cluster has none"
    wait_for(lambda: said in log.read_text(), "what it waits for")
    driver.send_signal(signal.SIGINT)
    assert driver.wait(timeout=500) == 130
