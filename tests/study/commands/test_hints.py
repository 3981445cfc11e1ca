"""Commands that messages offer do what they say when they are pasted."""

from __future__ import annotations

import re
import shlex
import shutil
from collections import Counter
from pathlib import Path

import pytest
from in_process import Done, incay

from incay.study.commands.shared.summary import summary_lines
from incay.study.execution.leases.lease import Lease
from incay.study.execution.run_summary import RunSummary
from incay.study.spec.catalog import find_study
from incay.study.spec.hints import command
from incay.study.spec.study import parse_study
from incay.trainables.store.trials import Store


@pytest.fixture
def store(finished: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Store:
    """The tiny study's results in a folder whose name a shell would take apart."""
    there = tmp_path / "my results; $HOME"
    shutil.copytree(finished / "results", there)
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    monkeypatch.chdir(elsewhere)
    return Store(there)


def paste(line: str) -> Done:
    name, *words = shlex.split(line)
    assert name == "incay"
    return incay(*words)


def quoted(text: str) -> list[str]:
    return re.findall(r"`(incay [^`]*)`", text)


def test_what_a_run_offers_next_can_be_pasted_line_by_line(store: Store, finished: Path) -> None:
    spec = parse_study(find_study(str(finished / "tiny.yaml")))
    summary = RunSummary(8, 0, 0, Counter(completed=8), False, (), (), 0, (), (), 0.0, 0.0)
    lines = list(summary_lines(spec, store, summary))
    offered = lines[lines.index("next:") + 1 :]
    table, ui = (line.strip() for line in offered)
    done = paste(table)
    assert done.code == 0, done.err
    assert "RN" in done.out
    assert shlex.split(ui) == ["incay", "ui", "--results", store.uri]


def test_a_run_that_is_going_on_can_be_followed_as_its_refusal_says(
    store: Store, finished: Path
) -> None:
    spec = parse_study(find_study(str(finished / "tiny.yaml")))
    (follow,) = quoted(str(Lease(store, spec.name, spec.run).taken()))
    done = paste(follow)
    assert done.code == 0, done.err
    assert "confirm" in done.out


def test_an_empty_mirror_is_filled_as_its_refusal_says(store: Store) -> None:
    assert store.local_root is not None
    for path in store.local_root.glob("mlflow.db*"):
        path.unlink()
    refused = incay("ui", "--results", store.uri)
    assert refused.code == 2
    (sync,) = quoted(refused.err)
    assert shlex.split(sync) == ["incay", "sync", "tiny", "--results", store.uri]


def test_a_figure_without_a_name_lists_all_and_without_a_file_says_how(store: Store) -> None:
    listed = incay("figure", "tiny", "--results", store.uri)
    assert listed.code == 0, listed.err
    assert "feature-scatter" in listed.out
    refused = incay("figure", "tiny", "best-so-far", "--results", store.uri)
    assert refused.code == 2
    done = paste(refused.err.partition("for example: ")[2].strip())
    assert done.code == 0, done.err
    assert Path("best-so-far.pdf").is_file()


def test_words_are_quoted_where_a_shell_needs_it() -> None:
    line = command("stop", "my study.yaml", settings=["arms.RN + S.x=1"], seeds=3, cluster=None)
    assert shlex.split(line) == [
        *("incay", "stop", "my study.yaml", "--set", "arms.RN + S.x=1", "--seeds", "3")
    ]
    assert "|" not in command("table", "a|b").replace("'a|b'", "")
