"""What goes to a cluster's head: what was typed, and nothing that the head knows better."""

from __future__ import annotations

import base64
from pathlib import Path
from typing import Any
from unittest import mock

import pytest

from incay.study.cluster.answer import Answer, read_answer
from tests.study.in_process import incay

STUDY = "name: small\nbase: {dataset: digits, steps: 40}\n"
ADDRESS = ["--address", "http://127.0.0.1:8265"]


@pytest.fixture
def small(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A study file in the working directory."""
    monkeypatch.chdir(tmp_path)
    Path("small.yaml").write_text(STUDY)
    return tmp_path


def asked(*arguments: str, answer: Answer | None = None) -> tuple[list[Any], str]:
    """Return what a command asks of the head, and what it then prints."""
    with mock.patch(
        "incay.study.cluster.submit.ask_about", return_value=answer or Answer(0, "shown\n")
    ) as about:
        done = incay(*arguments)
    assert done.code == 0, done.err
    command, study, options = about.call_args.args
    return [command, study, *options], done.out


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        (["status", "small"], ["status", "small"]),
        (["status", "small", "--results", "here"], ["status", "small"]),
        (
            ["status", "small.yaml", "--seeds", "3", "--set", "steps=2", "--set=reports=1"],
            ["status", "small.yaml", "--set", "steps=2", "--set", "reports=1", "--seeds", "3"],
        ),
        (
            ["table", "small", "--name", "paper-a-table-5", "--format", "csv", "--allow-unequal"],
            [
                *("table", "small", "--format", "csv", "--name", "paper-a-table-5"),
                "--allow-unequal",
            ],
        ),
    ],
)
def test_what_was_typed_goes_to_the_head(typed, expected, small):
    assert asked(*typed, *ADDRESS) == (expected, "shown\n")


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        (["table", "small"], ["table", "small"]),
        (["figure", "small", "roc"], ["figure", "small", "roc"]),
        (["report", "small"], ["report", "small"]),
    ],
)
def test_what_the_head_writes_is_written_here(typed, expected, small):
    answer = Answer(0, "", files={"page.html": b"page", "../page.html.manifest.json": b"{}"})
    options = ["--output", "new/page.html"]
    words, out = asked(*typed, *options, *ADDRESS, answer=answer)
    assert words == [*expected, "--output", "page.html"]
    assert out == "new/page.html\n"
    assert Path("new/page.html").read_bytes() == b"page"
    assert Path("new/page.html.manifest.json").read_bytes() == b"{}"


def test_a_wrong_suffix_is_refused_before_the_head_is_asked(small):
    done = incay("table", "small", "--output", "table.docx", *ADDRESS)
    assert done.code == 2
    assert ".csv, .html, .json, .tex, .md, .txt" in done.err


def test_a_submitted_study_gets_the_options_of_run(small):
    submit = "incay.study.cluster.submit.submit_and_follow"
    options = ["--results", "s3://b/r", "--no-mirror", "--no-follow", "--set", "steps=20"]
    with mock.patch(submit, return_value=0) as submitted:
        assert incay("submit", "small.yaml", *ADDRESS, *options).code == 0
    spec, words = submitted.call_args.args
    assert spec.document.values["base"]["steps"] == 20
    assert words == ["--set", "steps=20", "--results", "s3://b/r", "--no-mirror"]
    assert not submitted.call_args.kwargs["follow_log"]


def test_a_password_goes_nowhere(small):
    done = incay("submit", "small.yaml", *ADDRESS, "--results", "s3://key:secret@bucket/r")
    assert done.code == 2
    assert done.err.startswith("incay: --results: ")
    assert "secret" not in done.err


def test_an_answer_is_found_in_a_log():
    answer = Answer(1, "a\nb", "incay: no\n", {"t.tex": bytes(range(256))})
    log = f"a line\n{answer.to_line()}\nanother\n"
    assert base64.b64encode(bytes(range(256))).decode() in log
    assert read_answer(log) == answer
    assert read_answer("a line\n") is None
