"""When a trial that lost its worker goes on elsewhere, and when it has failed."""

from __future__ import annotations

import json

import pytest
from programs import python
from tiny_study import STUDY

from incay.study.execution.lost_workers import MOST, LostWorkers


def test_a_trial_that_kills_its_worker_at_the_same_step_fails():
    losses = LostWorkers(lambda: {"node"})
    for _ in range(MOST - 1):
        losses.reached("trial", 40, "node")
        assert losses.lost("trial")
    losses.reached("trial", 40, "node")
    assert not losses.lost("trial")
    assert losses.lost("another")


def test_a_worker_that_dies_before_its_first_report_counts():
    losses = LostWorkers(lambda: {"node"})
    assert [losses.lost("trial") for _ in range(MOST)] == [True] * (MOST - 1) + [False]


def test_lost_nodes_do_not_count():
    alive = {"node"}
    losses = LostWorkers(lambda: alive)
    for number in range(5 * MOST):
        losses.reached("trial", 40, f"lost {number}")
        assert losses.lost("trial")
    for _ in range(MOST - 1):
        losses.reached("trial", 40, "node")
        assert losses.lost("trial")
    losses.reached("trial", 40, "node")
    assert not losses.lost("trial")


def test_a_node_that_is_seen_to_be_dead_only_later_does_not_count():
    alive = {"node", "dying"}
    losses = LostWorkers(lambda: alive)
    for _ in range(MOST - 1):
        losses.reached("trial", 40, "dying")
        assert losses.lost("trial")
    alive.remove("dying")
    losses.reached("trial", 40, "node")
    assert losses.lost("trial")


def test_getting_further_begins_the_count_anew():
    losses = LostWorkers(lambda: {"node"})
    for step in range(10, 200, 10):
        losses.reached("trial", step, "node")
        assert losses.lost("trial")


KILLING_STORE = """
import os, signal, sys
from unittest import mock
from incay.trainables.store.trials import Store
from incay.study import cli
from incay.study.commands.shared import groups


class KillingStore(Store):
    '''Injects the fault: a trial with incay kills its process at its first report.'''

    def __reduce__(self):
        return KillingStore, (self.root,)

    def write_progress(self, fingerprint, progress):
        if progress.config["incay"]["weight"]:
            os.kill(os.getpid(), signal.SIGKILL)
        super().write_progress(fingerprint, progress)


if __name__ == "__main__":
    import killing  # by its name, so that workers find it too

    with mock.patch.object(groups, "open_store", killing.KillingStore):
        cli.main()
"""


@pytest.mark.long
def test_a_trial_that_kills_its_workers_fails_and_no_other(tmp_path):
    (tmp_path / "killing.py").write_text(KILLING_STORE)
    (tmp_path / "tiny.yaml").write_text(STUDY)
    options = ["run", "tiny.yaml", "--no-mirror", "--seeds=1", "--set", "budget.trials=1"]
    done = python("killing.py", *options, cwd=tmp_path, timeout=500)
    assert done.returncode == 1, done.stdout + done.stderr
    assert f"a worker was lost {MOST - 1} times" in done.stdout
    paths = tmp_path.glob("results/trials/*/*/record.json")
    records = [json.loads(path.read_text()) for path in paths]
    failed = [record for record in records if record["status"] == "failed"]
    assert len(failed) == 1
    assert failed[0]["config"]["incay"]["weight"] == 0.1
    assert f"{MOST} times at the same step, after no report" in failed[0]["reason"]
    assert {record["status"] for record in records if record not in failed} == {"completed"}


EXITING = """
import sys
from unittest import mock
from incay.trainables.incay.modules.term import Incay
from incay.trainables.store.trials import Store
from incay.study import cli
from incay.study.commands.shared import groups


class CarryingStore(Store):
    '''Brings this module, and with it the fault, into every worker.'''

    def __reduce__(self):
        return CarryingStore, (self.root,)


Incay.forward = lambda *_: sys.exit(3)

if __name__ == "__main__":
    import exiting  # by its name, so that workers find it too

    with mock.patch.object(groups, "open_store", exiting.CarryingStore):
        cli.main()
"""


@pytest.mark.long
def test_a_component_that_calls_exit_fails_its_trial_and_loses_no_worker(tmp_path):
    (tmp_path / "exiting.py").write_text(EXITING)
    (tmp_path / "tiny.yaml").write_text(STUDY)
    options = ["run", "tiny.yaml", "--no-mirror", "--seeds=1", "--set", "budget.trials=1"]
    done = python("exiting.py", *options, cwd=tmp_path, timeout=500)
    assert done.returncode == 1, done.stdout + done.stderr
    assert "a worker was lost" not in done.stdout
    assert "failed: SystemExit: 3 (a trial must not end the program: " in done.stdout
    assert "exiting.py, line" in done.stdout
    paths = tmp_path.glob("results/trials/*/*/record.json")
    endings = [json.loads(path.read_text())["status"] for path in paths]
    assert sorted(set(endings)) == ["completed", "failed"]
