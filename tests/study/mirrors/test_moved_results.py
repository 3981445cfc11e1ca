"""MLflow's copy of results that are moved, copied in part, or lie under any path at all."""

from __future__ import annotations

import dataclasses
import shutil
import sqlite3
import urllib.parse
from pathlib import Path
from typing import Any

import pytest
from in_process import incay
from study_factory import RN, StudyFactory

from incay.study.mirrors.mlflow_database import open_client
from incay.study.mirrors.mlflow_mirror import Mirror
from incay.study.mirrors.urls import sqlite_url
from incay.trainables.store.trials import Store


@pytest.fixture(autouse=True)
def _no_server(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)


def written(root: Path) -> StudyFactory:
    factory = StudyFactory(root, replicates=2)
    factory.arm("Softmax")
    factory.arm("RN λ/%#?é", RN)
    for number in range(2):
        factory.trial("Softmax", number, {"test.error": 5.0 + number})
        factory.trial("RN λ/%#?é", number, {"test.error": 4.0 + number})
    factory.write()
    return factory


def synced(root: Path) -> tuple[Any, list[Any]]:
    store = Store(root)
    assert Mirror(store, "planted", "1a2b3c4d").sync() == 0
    client = open_client(store)
    experiment = client.get_experiment_by_name("planted")
    assert experiment is not None
    return client, list(client.search_runs([experiment.experiment_id]))


def attached(root: Path) -> set[str]:
    """Return what the study's run has attached, asked by MLflow and found below the root."""
    client, runs = synced(root)
    (study,) = [run for run in runs if "mlflow.parentRunId" not in run.data.tags]
    path = urllib.parse.unquote(urllib.parse.urlsplit(study.info.artifact_uri).path)
    assert Path(path).is_relative_to(root)
    names = {found.path for found in client.list_artifacts(study.info.run_id)}
    assert {each.name for each in Path(path).iterdir()} == names
    return names


@pytest.mark.parametrize("name", ["a?b", "a%20b", "a#b λ é", "a'\"b;c&d=e\\f"])
def test_results_lie_under_any_path(name, tmp_path):
    root = tmp_path / name
    written(root)
    assert {"report.html", "table.md", "figures"} <= attached(root)
    for path in (root / "mlartifacts").rglob("*"):
        if path.is_file():
            assert str(tmp_path).encode() not in path.read_bytes(), path
    assert {path.name for path in tmp_path.iterdir()} == {name}
    assert (root / "mlflow.db").is_file()
    assert attached(root)
    done = incay("sync", "planted", "--results", str(root))
    assert (done.code, done.out) == (0, "MLflow has everything\n"), done.err


@pytest.mark.parametrize("way", ["moved", "copied"])
def test_what_was_attached_before_a_move_is_found_and_the_old_place_stays_as_it_is(way, tmp_path):
    old, new = tmp_path / "orig", tmp_path / "other" / "moved % λ"
    written(old)
    names = attached(old)
    new.parent.mkdir()
    if way == "moved":
        old.rename(new)
    else:
        shutil.copytree(old, new)
    before = set(old.rglob("*")) if old.exists() else None
    assert attached(new) == names
    assert old.exists() == (way == "copied")
    if before is not None:
        assert set(old.rglob("*")) == before
    with sqlite3.connect(new / "mlflow.db") as opened:
        for table, column in (("experiments", "artifact_location"), ("runs", "artifact_uri")):
            found = [text for (text,) in opened.execute(f"SELECT {column} FROM {table}")]
            assert found
            assert all(text.startswith((new / "mlartifacts").as_uri()) for text in found)


def test_artifacts_that_were_not_copied_are_made_again(tmp_path):
    root = tmp_path / "results"
    written(root)
    names = attached(root)
    shutil.rmtree(root / "mlartifacts")
    assert attached(root) == names


def test_a_place_that_somebody_chose_stays(tmp_path):
    root = tmp_path / "results"
    written(root)
    client, _ = synced(root)
    chosen = (tmp_path / "chosen").as_uri()
    mine = client.create_experiment("mine", artifact_location=chosen)
    root.rename(tmp_path / "moved")
    client, _ = synced(tmp_path / "moved")
    assert client.get_experiment(mine).artifact_location == chosen


def test_books_and_records_name_no_absolute_path(tmp_path):
    root = tmp_path / "results"
    written(root)
    for path in root.rglob("*"):
        if path.is_file():
            assert str(tmp_path).encode() not in path.read_bytes()


def test_a_plain_path_is_named_as_it_is():
    assert sqlite_url(Path("/data/my results/mlflow.db")) == "sqlite:////data/my results/mlflow.db"
    linked = sqlite_url(Path("/data/50%/mlflow.db"))
    assert "%" not in linked
    assert linked == sqlite_url(Path("/data/50%/mlflow.db"))


def edited(root: Path, *statements: str) -> None:
    with sqlite3.connect(root / "mlflow.db") as opened:
        for statement in statements:
            assert opened.execute(statement).rowcount


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE runs SET artifact_uri = '{}'",
        "UPDATE runs SET artifact_uri = artifact_uri || '/../../../../away'",
        "UPDATE experiments SET artifact_location = '{}'",
    ],
)
def test_a_database_that_was_edited_does_not_say_where_files_go(statement, tmp_path):
    root, away = tmp_path / "results", tmp_path / "away"
    written(root)
    names = attached(root)
    shutil.rmtree(root / "mlartifacts")  # else nothing were to be attached
    edited(root, statement.format(away.as_uri()))
    done = incay("sync", "planted", "--results", str(root))
    assert (done.code, done.out) == (0, "MLflow has everything\n"), done.err
    assert f"{root / 'mlflow.db'} was damaged: kept as mlflow.db." in done.err
    assert not away.exists()
    assert attached(root) == names


def test_another_programs_database_is_refused_and_stays(tmp_path):
    root = tmp_path / "results"
    written(root)
    with sqlite3.connect(root / "mlflow.db") as opened:
        opened.execute("CREATE TABLE photos (name TEXT)")
    before = (root / "mlflow.db").read_bytes()
    for command in ("sync", "ui"):
        named = ["planted"] if command == "sync" else []
        done = incay(command, *named, "--results", str(root))
        assert done.code == 2
        assert (
            "must be MLflow's database, but is another program's, with the tables photos"
            in done.err
        )
        assert done.err.count("\n") == 1
    assert (root / "mlflow.db").read_bytes() == before


@pytest.mark.parametrize("planted", [None, "", "yesterday", 3, "0001-01-01T00:00:00"])
def test_a_record_without_a_time_is_copied(planted, tmp_path):
    root = tmp_path / "results"
    written(root)
    store = Store(root)
    for name in store.fingerprints():
        record = store.read_record(name)
        assert record is not None
        provenance = {**record.provenance, "started": planted, "finished": planted}
        if planted is None:
            del provenance["started"], provenance["finished"]
        store.write_record(
            dataclasses.replace(record, provenance=provenance), store.history(record)
        )
    _, runs = synced(root)
    assert len(runs) == 7
    assert incay("table", "planted", "--results", str(root)).code == 0
