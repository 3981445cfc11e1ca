"""The MLflow mirror, on a real SQLite store and a real server."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import time
import urllib.parse
import urllib.request
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

from programs import ENVIRONMENT, incay
from servers import free_port

from incay.trainables.store.naming import fingerprint_of
from incay.trainables.store.trials import Store


def runs(folder: Path) -> list[Any]:
    import mlflow

    client = mlflow.MlflowClient(f"sqlite:///{folder / 'results' / 'mlflow.db'}")
    experiment = client.get_experiment_by_name("tiny")
    assert experiment is not None
    return list(client.search_runs([experiment.experiment_id], max_results=1000))


def test_runs_are_nested_with_parameters_metrics_by_step_and_tags(finished):
    found = runs(finished)
    by_id = {run.info.run_id: run for run in found}
    parents = {run.info.run_id: run.data.tags.get("mlflow.parentRunId") for run in found}
    depth = Counter()
    for name in parents:
        chain, node = 0, parents[name]
        while node is not None:
            chain, node = chain + 1, parents[node]
        depth[chain] += 1
    assert depth == {0: 1, 1: 2, 2: 8}
    assert {run.info.status for run in found} == {"FINISHED"}
    trial = next(run for run in found if run.data.tags.get("incay.phase") == "confirm")
    assert trial.data.params["optimizer.lr"] == "0.01"
    assert trial.data.params["loss.name"] == "softmax"
    assert trial.data.tags["incay.fingerprint"]
    assert by_id[parents[trial.info.run_id]].data.tags["incay.arm"] == trial.data.tags["incay.arm"]
    import mlflow

    client = mlflow.MlflowClient(f"sqlite:///{finished / 'results' / 'mlflow.db'}")
    history = client.get_metric_history(trial.info.run_id, "train.loss")
    assert [point.step for point in history] == [10, 20, 30, 40]


def test_mirroring_again_changes_nothing(finished, tmp_path):
    shutil.copytree(finished, tmp_path / "copy")
    before = {run.info.run_id for run in runs(tmp_path / "copy")}
    done = incay("sync", "tiny", cwd=tmp_path / "copy")
    assert done.returncode == 0, done.stderr
    assert "everything" in done.stdout
    assert {run.info.run_id for run in runs(tmp_path / "copy")} == before


def test_a_lost_mirror_is_made_again_from_the_store(finished, tmp_path):
    shutil.copytree(finished, tmp_path / "copy")
    (tmp_path / "copy" / "results" / "mlflow.db").unlink()
    done = incay("sync", "tiny", cwd=tmp_path / "copy")
    assert done.returncode == 0, done.stderr
    remade = {run.data.tags["incay.key"]: run.data.metrics for run in runs(tmp_path / "copy")}
    assert remade == {run.data.tags["incay.key"]: run.data.metrics for run in runs(finished)}


def test_runs_that_a_server_has_made_twice_are_one_again(finished, tmp_path):
    """As where it stood still, was asked again, and then did both."""
    import mlflow

    copy = tmp_path / "copy"
    shutil.copytree(finished, copy)
    assert incay("sync", "tiny", cwd=copy).returncode == 0  # at its new place
    client = mlflow.MlflowClient(f"sqlite:///{copy / 'results' / 'mlflow.db'}")
    before = {run.data.tags["incay.key"]: run.info.run_id for run in runs(copy)}
    (study,) = [run for run in runs(copy) if "mlflow.parentRunId" not in run.data.tags]
    twice = [each for each in runs(copy) if "incay.fingerprint" in each.data.tags][:2]
    for run in (study, *twice):
        kept = ("incay.key", "mlflow.parentRunId", "mlflow.runName")
        tags = {name: value for name, value in run.data.tags.items() if name in kept}
        other = client.create_run(run.info.experiment_id, start_time=1, tags=tags)
    for run in runs(copy):  # what was made below the second one
        if run.data.tags.get("mlflow.parentRunId") == study.info.run_id:
            client.set_tag(run.info.run_id, "mlflow.parentRunId", other.info.run_id)
    mine = client.create_run(study.info.experiment_id).info.run_id
    (second,) = {other.info.run_id} - set(before.values())
    client.set_tag(second, "incay.key", study.data.tags["incay.key"])
    assert incay("sync", "tiny", cwd=copy).returncode == 0
    left = {run.data.tags.get("incay.key", "mine"): run for run in runs(copy)}
    assert len(runs(copy)) == len(left) == len(before) + 1
    assert left.pop("mine").info.run_id == mine
    assert {key: run.info.run_id for key, run in left.items()} == before
    arms = [run for run in left.values() if "incay.arm" in run.data.tags]
    below = {
        run.data.tags["mlflow.parentRunId"]
        for run in arms
        if run.data.tags.get("incay.phase") is None
    }
    assert below == {study.info.run_id}


def test_a_process_killed_while_it_makes_the_database_leaves_none(finished, tmp_path):
    copy = tmp_path / "copy"
    shutil.copytree(finished, copy)
    database = copy / "results" / "mlflow.db"
    database.unlink()
    code = (
        "from incay.study.mirrors.mlflow_database import open_client\n"
        "from incay.trainables.store.trials import Store\n"
        "open_client(Store('results'))"
    )
    # Without a place for a template of it: to copy that takes no time.
    environment = {**ENVIRONMENT, "XDG_CACHE_HOME": "/dev/null"}
    maker = subprocess.Popen([sys.executable, "-c", code], cwd=copy, env=environment)
    while not any(each.stat().st_size for each in (copy / "results").glob(".mlflow.db.*.new")):
        assert maker.poll() is None
        time.sleep(0.001)
    maker.kill()
    maker.wait()
    assert not database.exists()
    done = incay("sync", "tiny", cwd=copy)
    assert done.returncode == 0, done.stderr
    assert len(runs(copy)) == 11


def artifacts(folder: Path) -> dict[str, bytes]:
    """Return the artifacts of the study's run by path."""
    import mlflow

    client = mlflow.MlflowClient(f"sqlite:///{folder / 'results' / 'mlflow.db'}")
    (study,) = [run for run in runs(folder) if "mlflow.parentRunId" not in run.data.tags]
    root = Path(urllib.parse.urlparse(study.info.artifact_uri).path)
    pending, found = [""], {}
    while pending:
        for item in client.list_artifacts(study.info.run_id, pending.pop() or None):
            if item.is_dir:
                pending.append(item.path)
            else:
                found[item.path] = (root / item.path).read_bytes()
    return found


def test_the_studys_run_has_table_figures_and_report(finished):
    found = artifacts(finished)
    exported = {f"table.{suffix}" for suffix in ("md", "html", "csv")}
    assert exported | {f"{name}.manifest.json" for name in exported} <= set(found)
    shown = incay("table", "tiny", "--format", "markdown", cwd=finished)
    assert found["table.md"].decode() == shown.stdout
    assert found["table.html"].startswith(b"<!DOCTYPE html>")
    assert b"Does it run?" in found["report.html"]
    figures = {path for path in found if path.startswith("figures/")}
    assert {"figures/best-so-far.svg", "figures/paper-a-figure-7.svg"} <= figures
    assert all(found[path].startswith(b"<?xml") for path in figures)
    assert not (finished / "mlruns").exists()


def test_attachments_are_made_again_only_where_results_have_changed(finished, tmp_path):
    copy = tmp_path / "copy"
    shutil.copytree(finished, copy)
    (copy / "results" / "mlflow.db").unlink()
    shutil.rmtree(copy / "results" / "mlartifacts")
    assert incay("sync", "tiny", cwd=copy).returncode == 0
    files = {path: path.stat().st_mtime_ns for path in copy.glob("results/mlartifacts/**/*.*")}
    assert len(files) > 10
    assert incay("sync", "tiny", cwd=copy).returncode == 0
    assert {path: path.stat().st_mtime_ns for path in files} == files
    store = Store(copy / "results")
    trials = json.loads(next(copy.glob("results/studies/tiny/*/trials.json")).read_text())
    last = store.read_record(trials["trials"][-1]["fingerprint"])
    altered = replace(last, metrics={**last.metrics, "test.error": 77.0})
    path = f"trials/{last.fingerprint[:2]}/{last.fingerprint}/record.json"
    store.write(path, altered.to_json().encode())
    assert incay("sync", "tiny", cwd=copy).returncode == 0
    shown = incay("table", "tiny", "--format", "markdown", cwd=copy)
    assert artifacts(copy)["table.md"].decode() == shown.stdout


def test_an_unfinished_study_has_no_attachments_yet(finished, tmp_path):
    copy = tmp_path / "copy"
    shutil.copytree(finished, copy)
    (copy / "results" / "mlflow.db").unlink()
    trials = json.loads(next(copy.glob("results/studies/tiny/*/trials.json")).read_text())
    last = trials["trials"][-1]["fingerprint"]
    (copy / "results" / "trials" / last[:2] / last / "record.json").unlink()
    done = incay("sync", "tiny", cwd=copy)
    assert "1 trial without a result yet" in done.stdout
    assert artifacts(copy) == {}


def test_a_trial_trained_anew_replaces_what_it_was(finished, tmp_path):
    """Other training code gives a trial of the same place another fingerprint."""
    copy = tmp_path / "copy"
    shutil.copytree(finished, copy)
    (copy / "results" / "mlflow.db").unlink()
    books = next(copy.glob("results/studies/tiny/*/trials.json"))
    trials = json.loads(books.read_text())
    old = trials["trials"][-1]["fingerprint"]
    assert incay("sync", "tiny", cwd=copy).returncode == 0
    store = Store(copy / "results")
    record = store.read_record(old)
    metrics = {**record.metrics, "test.error": 55.0}
    history = [{"step": 40.0, **metrics}]
    new = fingerprint_of(record.config, record.data_hash, "other")
    anew = replace(record, fingerprint=new, code_version="other", metrics=metrics)
    store.write_record(anew, history)
    del trials["checksum"]  # as an earlier version wrote it
    trials["trials"][-1]["fingerprint"] = new
    books.write_text(json.dumps(trials))
    assert incay("sync", "tiny", cwd=copy).returncode == 0
    found = runs(copy)
    assert len(found) == 11
    by_trial = {run.data.tags.get("incay.fingerprint"): run for run in found}
    assert old not in by_trial
    assert by_trial[new].data.metrics["test.error"] == 55.0


def test_a_dead_server_costs_a_message_and_nothing_else(finished, tmp_path):
    shutil.copytree(finished, tmp_path / "copy")
    dead = f"http://127.0.0.1:{free_port()}"
    done = incay("run", "tiny.yaml", cwd=tmp_path / "copy", MLFLOW_TRACKING_URI=dead)
    assert done.returncode == 0, done.stderr
    assert "incay sync tiny@" in done.stderr
    assert "8 reused" in done.stdout
    sync = incay("sync", "tiny", cwd=tmp_path / "copy", MLFLOW_TRACKING_URI=dead)
    assert sync.returncode == 1
    assert "the same command goes on from here" in sync.stderr
    assert "Traceback" not in sync.stderr
