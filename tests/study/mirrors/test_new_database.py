"""A database that is copied is what MLflow would have made."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import mlflow
import pytest

from incay.study.mirrors import new_database
from incay.study.mirrors.new_database import make_database, prepare_template, template
from incay.study.mirrors.urls import file_url, sqlite_url


@pytest.fixture(autouse=True)
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


def schema(path: Path) -> list[tuple[str, ...]]:
    with closing(sqlite3.connect(path)) as opened:
        # Not their SQL: in which order constraints stand there, differs each time.
        return sorted(opened.execute("SELECT type, name, tbl_name FROM sqlite_master"))


def made(folder: Path) -> Path:
    folder.mkdir()
    path = folder / "mlflow.db"
    make_database(path)
    return path


def test_a_copy_has_mlflows_tables_and_its_own_place_for_artifacts(tmp_path: Path) -> None:
    path = made(tmp_path / "a")
    fresh = tmp_path / "fresh.db"
    new_database._made(fresh, tmp_path)
    assert schema(path) == schema(fresh)
    client = mlflow.MlflowClient(sqlite_url(path))
    [default] = client.search_experiments()
    assert default.artifact_location.startswith(file_url(tmp_path / "a" / "mlartifacts"))
    run = client.create_run(client.create_experiment("study"))
    assert client.get_run(run.info.run_id).info.status == "RUNNING"
    assert [each.name for each in path.parent.iterdir()] == ["mlflow.db"]


def test_mlflow_makes_one_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    prepare_template()
    calls: list[Path] = []
    monkeypatch.setattr(new_database, "_made", lambda path, _: calls.append(path))
    made(tmp_path / "a")
    assert calls == []


@pytest.mark.parametrize("content", [b"", b"no database", b"SQLite format 3\0" + b"x" * 5000])
def test_a_damaged_template_is_made_again(tmp_path: Path, content: bytes) -> None:
    template().parent.mkdir(parents=True)
    template().write_bytes(content)
    first = made(tmp_path / "a")
    second = made(tmp_path / "b")
    assert schema(first) == schema(second) == schema(template())


def test_without_a_cache_mlflow_makes_each(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    assert "experiments" in {name for _, name, *_ in schema(made(tmp_path / "a"))}
