"""S3 and PostgreSQL as the studies' services, as real processes."""

from __future__ import annotations

import json
import os
from pathlib import Path

import optuna
import pytest
from not_run import POSTGRESQL, needs
from programs import incay
from services import BUCKET, CREDENTIALS, postgres, postgres_programs, query, s3_server, s3_uri
from small_study import TRIALS, outcomes, write_study

from incay.study.errors import UserError
from incay.study.execution.leases.lease import Lease
from incay.trainables.store.trials import Store

pytestmark = pytest.mark.long


@pytest.fixture(scope="module")
def s3():
    with s3_server() as address:
        yield address


@pytest.fixture
def store(s3, monkeypatch, tmp_path):
    for name, value in CREDENTIALS.items():
        monkeypatch.setenv(name, value)
    return Store(s3_uri(s3, tmp_path.name))


def test_a_store_on_s3_keeps_what_it_is_given(store):
    assert store.read("studies/a/latest.json") is None
    assert list(store.list("studies")) == []
    store.write("studies/a/latest.json", b"old")
    store.write("studies/a/latest.json", b"new")
    assert store.read("studies/a/latest.json") == b"new"
    assert list(store.list("studies")) == ["a"]
    store.checkpoints.write("ab12", b"state")
    assert store.checkpoints.read("ab12") == b"state"
    store.checkpoints.delete("ab12")
    store.checkpoints.delete("ab12")
    assert store.checkpoints.read("ab12") is None


def test_a_lease_on_s3_has_one_holder(store):
    with Lease(store, "small", "abc", beat=0.5) as held:
        held.confirm()
        with pytest.raises(UserError, match=f"process {os.getpid()} on"):
            Lease(store, "small", "abc", beat=0.5).__enter__()
    with Lease(store, "small", "abc", beat=0.5) as held:
        held.confirm()


def test_doctor_reaches_s3(store):
    from incay.study.cluster.health import examine

    health = examine(environment={"INCAY_RESULTS": store.uri})
    assert health.store_error == ""
    wrong = store.uri.replace(f"s3://{BUCKET}/", "s3://no-such-bucket/")
    assert examine(environment={"INCAY_RESULTS": wrong}).store_error


@needs(POSTGRESQL, there=postgres_programs() is not None)
def test_a_study_with_results_on_s3_and_mlflow_on_postgresql(store, tmp_path, undisturbed):
    write_study(tmp_path)
    with postgres(Path("/tmp") / f"incay-postgres-{os.getpid()}") as socket:
        tracking = f"postgresql+psycopg://postgres@/mlflow?host={socket}"
        options = ["--results", store.uri]
        settings = {"MLFLOW_TRACKING_URI": tracking}
        done = incay("run", "small.yaml", *options, cwd=tmp_path, timeout=600, **settings)
        assert done.returncode == 0, done.stderr
        ((finished,),) = query(socket, "SELECT count(*) FROM runs WHERE status = 'FINISHED'")
    assert "a copy of the results is not up to date" not in done.stderr
    # The study, its two arms, and the trials.
    assert finished == 1 + 2 + TRIALS
    run = json.loads(store.read("studies/small/latest.json"))["run"]
    rows = json.loads(store.read(f"studies/small/{run}/trials.json"))["trials"]
    names = [row["fingerprint"] for row in rows]
    records = [store.read(f"trials/{name[:2]}/{name}/record.json") for name in names]
    assert outcomes(records) == undisturbed


@needs(POSTGRESQL, there=postgres_programs() is not None)
def test_searches_with_results_on_s3_are_copied_to_optuna_on_postgresql(store, tmp_path):
    path = write_study(tmp_path)
    search = "search: {all arms: {optimizer.weight_decay: log 1e-5 .. 1e-2}}\nbudget: {trials: 2}\n"
    path.write_text(path.read_text() + search)
    with postgres(Path("/tmp") / f"incay-postgres-{os.getpid()}") as socket:
        place = f"postgresql+psycopg://postgres@/optuna?host={socket}"
        query(socket, "CREATE DATABASE optuna", database="postgres")
        settings = {
            "INCAY_OPTUNA_STORAGE": place,
            "MLFLOW_TRACKING_URI": place.replace("optuna", "mlflow"),
        }
        options = ["--results", store.uri, "--set", "steps=40", "--set", "reports=4"]
        done = incay("run", "small.yaml", *options, cwd=tmp_path, timeout=600, **settings)
        assert done.returncode == 0, done.stderr
        storage = optuna.storages.RDBStorage(place)
        summaries = optuna.get_all_study_summaries(storage)
        trials = [
            optuna.load_study(study_name=s.study_name, storage=storage).trials for s in summaries
        ]
        storage.engine.dispose()
    assert "is not up to date" not in done.stderr
    assert [len(found) for found in trials] == [2, 2]
    assert {trial.state.name for found in trials for trial in found} == {"COMPLETE"}
