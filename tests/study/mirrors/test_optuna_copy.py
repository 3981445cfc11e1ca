"""The copy for optuna-dashboard, on a real journal file and a real server."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import optuna
import programs
import pytest
from in_process import incay
from optuna.trial import TrialState
from programs import ENVIRONMENT
from servers import free_port, wait_until_served

from incay.study.mirrors.optuna_copy import OptunaCopy, open_storage, storage_address
from incay.trainables.store.trials import Store


def studies(results: Path) -> dict[str, optuna.Study]:
    storage = open_storage(storage_address(Store(results)))
    names = optuna.get_all_study_names(storage)
    return {name: optuna.load_study(study_name=name, storage=storage) for name in names}


def test_a_run_leaves_one_study_per_arm_with_ended_trials_only(finished: Path) -> None:
    found = studies(finished / "results")
    (run,) = (path.name for path in finished.glob("results/studies/tiny/*/"))
    assert set(found) == {f"tiny {run} Softmax", f"tiny {run} RN"}
    for study in found.values():
        assert [trial.state for trial in study.trials] == [TrialState.COMPLETE] * 2
        for trial in study.trials:
            record = Store(finished / "results").read_record(trial.user_attrs["incay.fingerprint"])
            assert record is not None
            assert trial.value == record.metrics["val.error"]
            assert set(trial.params) == {"optimizer.weight_decay"}
            assert list(trial.intermediate_values) == [10, 20, 30, 40]
            assert trial.duration is not None
            assert trial.duration.total_seconds() >= 0


def test_copying_again_adds_nothing_and_a_lost_copy_is_made_again(
    finished: Path, tmp_path: Path
) -> None:
    shutil.copytree(finished / "results", tmp_path / "results")
    before = {name: study.trials for name, study in studies(tmp_path / "results").items()}
    store = Store(tmp_path / "results")
    (run,) = (path.name for path in (tmp_path / "results/studies/tiny").glob("*/"))
    OptunaCopy(store, "tiny", run).sync()
    assert {k: len(v.trials) for k, v in studies(tmp_path / "results").items()} == {
        name: len(trials) for name, trials in before.items()
    }
    (tmp_path / "results" / "optuna.journal").unlink()
    assert incay("sync", "tiny", "--results", store.root).code == 0
    again = {name: study.trials for name, study in studies(tmp_path / "results").items()}
    assert {k: [t.params for t in v] for k, v in again.items()} == {
        name: [trial.params for trial in trials] for name, trials in before.items()
    }


def test_a_remote_store_needs_a_database() -> None:
    done = incay("ui", "--optuna", "--results", "s3://bucket/results?region=eu-west-1")
    assert done.code == 2
    assert "INCAY_OPTUNA_STORAGE must name a database" in done.err


@pytest.mark.parametrize(
    ("address", "message"),
    [
        ("junk", "INCAY_OPTUNA_STORAGE must be the URL of a database that Optuna takes"),
        ("foo://x", "INCAY_OPTUNA_STORAGE must be the URL of a database that Optuna takes"),
        ("postgresql+psycopg://u:p@127.0.0.1:1/x", "must take the searches, but says: "),
        ("sqlite:////proc/none.db", "must take the searches, but says: "),
    ],
)
def test_a_database_that_takes_nothing_is_named(address: str, message: str, finished: Path) -> None:
    done = programs.incay("sync", "tiny", cwd=finished, INCAY_OPTUNA_STORAGE=address)
    assert done.returncode != 0
    assert message in done.stderr
    assert "MLflow" not in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.long
def test_the_dashboard_serves_the_searches(finished: Path) -> None:
    port = free_port()
    server = subprocess.Popen(
        [sys.executable, "-m", "incay", "ui", "--optuna", "--port", str(port)],
        cwd=finished,
        env=ENVIRONMENT,
        stdout=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        answer = wait_until_served(f"http://127.0.0.1:{port}/api/studies", server)
        names = {item["study_name"] for item in json.loads(answer)["study_summaries"]}
        assert len(names) == 2
    finally:
        os.killpg(server.pid, signal.SIGTERM)
        server.wait(timeout=300)
