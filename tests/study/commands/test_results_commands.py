"""``incay table``, ``figure``, ``report``, ``compare`` and ``verify`` on planted results."""

from __future__ import annotations

import csv
import json
import os
from pathlib import Path

import pytest
from in_process import incay

from tests.analysis.study_factory import StudyFactory, drawn_history, drawn_samples

RN = {"incay.form": "reciprocal", "incay.weight": 0.1}


@pytest.fixture
def planted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> StudyFactory:
    """Two arms of three seeds below ``results`` in the working directory."""
    monkeypatch.chdir(tmp_path)
    factory = StudyFactory(tmp_path / "results", protocol="paper")
    arms = (("Softmax", {}, [8.0, 8.1, 8.2]), ("RN + Softmax", RN, [5.0, 5.2, 5.4]))
    for index, (arm, difference, errors) in enumerate(arms):
        factory.arm(arm, difference)
        for number in range(3):
            factory.trial(
                arm,
                number,
                {"test.error": errors[number], "test.norm": 200.0 + number},
                samples=drawn_samples(number, 200.0, 0.1 - 0.05 * index, images=200),
                history=drawn_history(number, 8.0, 200.0),
            )
    factory.write()
    return factory


def fine(*arguments: str) -> str:
    done = incay(*arguments)
    assert (done.code, done.err) == (0, ""), done.err
    return done.out


@pytest.mark.parametrize(
    ("format_", "expected"),
    [
        ("terminal", "8.10 ± 0.25"),
        ("markdown", "| RN + Softmax | incay.form=reciprocal, incay.weight=0.1 | 3 | **5.20"),
        ("latex", r"\textbf{5.20 $\pm$ 0.50}"),
        ("csv", "arm,cited,difference,n"),
        ("json", '"protocol": "Protocol: paper.'),
        ("html", "<!DOCTYPE html>"),
    ],
)
def test_table_in_every_format(planted: StudyFactory, format_: str, expected: str) -> None:
    assert expected in fine("table", "planted", "--format", format_)


@pytest.mark.parametrize("suffix", ["txt", "md", "tex", "csv", "json", "html"])
def test_a_files_suffix_says_its_format_and_a_manifest_lies_beside(
    planted: StudyFactory, suffix: str
) -> None:
    assert fine("table", "planted", "--output", f"new/table.{suffix}") == f"new/table.{suffix}\n"
    manifest = json.loads(Path(f"new/table.{suffix}.manifest.json").read_text("utf-8"))
    cell = next(
        cell
        for cell in manifest["cells"]
        if (cell["name"], cell["column"]) == ("RN + Softmax", "error")
    )
    of_arm = [t["fingerprint"] for t in planted.trials if t["arm"] == "RN + Softmax"]
    assert cell["fingerprints"] == of_arm
    assert fine("verify", f"new/table.{suffix}") == "every cell matches\n"
    formats = {"txt": "terminal", "md": "markdown", "tex": "latex"}
    shown = fine("table", "planted", "--format", formats.get(suffix, suffix))
    assert Path(f"new/table.{suffix}").read_text("utf-8") == shown


def test_a_format_that_is_named_goes_before_the_suffix(planted: StudyFactory) -> None:
    fine("table", "planted", "--output", "table.data", "--format", "csv")
    with Path("table.data").open(encoding="utf-8") as file:
        assert [row["arm"] for row in csv.DictReader(file)] == ["Softmax", "RN + Softmax"]
    assert fine("verify", "table.data") == "every cell matches\n"


def test_another_definition_by_name(planted: StudyFactory) -> None:
    shown = fine("table", "planted", "--name", "paper-a-table-5", "--format", "csv")
    assert "added.count" in shown


def test_verify_names_exactly_the_altered_cells(planted: StudyFactory) -> None:
    fine("table", "planted", "--output", "table.md")
    planted.alter(planted.trials[1]["fingerprint"], "test.norm", 999.0)
    done = incay("verify", "table.md")
    assert done.code == 1
    assert done.out.count("\n") == 1
    assert done.out.startswith("Softmax, norm: value was 201.0, is ")


def test_verify_notices_a_typed_number(planted: StudyFactory) -> None:
    fine("table", "planted", "--output", "table.md")
    path = Path("table.md")
    path.write_text(path.read_text("utf-8").replace("5.20", "4.20"), "utf-8")
    done = incay("verify", "table.md")
    assert done.code == 1
    assert "table.md was changed after it was exported: +| RN + Softmax" in done.out


@pytest.mark.parametrize(
    ("suffix", "start"),
    [("svg", b"<?xml"), ("png", b"\x89PNG"), ("pdf", b"%PDF"), ("csv", b'"arm"')],
)
def test_figure_or_its_data(planted: StudyFactory, suffix: str, start: bytes) -> None:
    fine("figure", "planted", "feature-scatter", "--output", f"new/scatter.{suffix}")
    assert Path(f"new/scatter.{suffix}").read_bytes().startswith(start)


def test_report_says_where_it_is(planted: StudyFactory) -> None:
    assert fine("report", "planted") == "planted.html\n"
    assert fine("report", "planted", "--output", "new/page.html") == "new/page.html\n"
    page = Path("new/page.html").read_text("utf-8")
    assert page == Path("planted.html").read_text("utf-8")
    assert "<strong>RN + Softmax</strong> is better than Softmax" in page


def test_compare_runs_and_verify_its_table(planted: StudyFactory) -> None:
    planted.run, planted.document["overrides"] = "ffffffff", ["steps=300"]
    planted.write()
    shown = fine("compare", "planted@1a2b3c4d", "planted", "--format", "csv", "--output", "c.csv")
    assert shown == "c.csv\n"
    with Path("c.csv").open(encoding="utf-8") as file:
        assert [row["test"] for row in csv.DictReader(file)] == ["the same trials"] * 2
    assert fine("verify", "c.csv") == "every cell matches\n"
    assert "planted 1a2b3c4d against planted ffffffff" in fine(
        "compare", "planted@1a2b3c4d", "planted@ffffffff"
    )


def test_an_earlier_run_by_name(planted: StudyFactory) -> None:
    planted.run, planted.document["overrides"] = "ffffffff", ["steps=300"]
    planted.write()
    assert "run ffffffff" in fine("table", "planted")
    assert "run 1a2b3c4d" in fine("table", "planted@1a2b3c4d")


def test_unequal_budgets_need_to_be_allowed(planted: StudyFactory) -> None:
    planted.arm("More", {"steps": 20_000})
    planted.replicates("More", [4.0, 4.1, 4.2])
    planted.write()
    for command in ("table", "report"):
        done = incay(command, "planted")
        assert done.code == 2
        assert "every arm must have the same budget" in done.err
        assert "--allow-unequal" in done.err
        assert not Path("planted.html").exists()
    assert "†" in fine("table", "planted", "--allow-unequal")
    fine("report", "planted", "--allow-unequal")


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["table", "plantd"], "there is no 'plantd' (there: planted; did you mean 'planted'?)"),
        (["table", "planted@ffff"], "run so far: as written (1a2b3c4d)"),
        (["table", "planted", "--results", "nowhere"], "(there: none)"),
        (["table", "planted", "--format", "docx"], "format must be one of csv, html"),
        (["table", "planted", "--output", "table.docx"], ".tex, .md"),
        (["table", "planted", "--output", "results", "--format", "csv"], "can be written"),
        (["table", "planted", "--output", "blocked/table.md"], "can be written"),
        (["table", "planted", "--name", "paper-a-table-55"], "did you mean 'paper-a-table-5'"),
        (["figure", "planted", "scatter", "--output", "f.svg"], "did you mean 'feature-scatter'"),
        (["figure", "planted", "roc", "--output", "f.svg"], "must have scores of pairs"),
        (["figure", "planted", "feature-scatter", "--output", "f.gif"], "must be one of pdf"),
        (["figure", "planted", "feature-scatter", "--output", "f"], "must be one of pdf"),
        (["figure", "planted", "feature-scatter", "--output", "results.svg"], "can be written"),
        (["report", "plantd"], "there is no 'plantd'"),
        (["report", "planted", "--output", "results"], "can be written"),
        (["report", "planted", "--output", "report.pdf"], "must end in .html"),
        (["table", "planted", "--output", "pipe.csv"], "but is a folder, a pipe or a device"),
        (["table", "planted", "--output", "told.csv"], "but is a folder, a pipe or a device"),
        (["figure", "planted", "feature-scatter", "--output", "pipe.csv"], "a pipe or a device"),
        (["report", "planted", "--output", "pipe.html"], "but is a folder, a pipe or a device"),
        (["table", "planted", "--seeds", "5"], "STUDY must be the study's file"),
        (["compare", "planted", "plantd"], "there is no 'plantd'"),
        (["verify", "table.md"], "table.md.manifest.json must exist"),
        (["verify", "damaged.md"], "must be a manifest, but is damaged"),
        (["verify", "partial.md"], "must be complete, but is damaged"),
    ],
    ids=" ".join,
)
def test_a_mistake_is_one_message_and_exit_code_2(
    planted: StudyFactory, arguments: list[str], expected: str
) -> None:
    Path("blocked").write_text("a file where a folder should be")
    Path("results.svg").mkdir()
    for name in ("pipe.csv", "pipe.html", "told.csv.manifest.json"):
        os.mkfifo(name)
    Path("damaged.md.manifest.json").write_text("{")
    Path("partial.md.manifest.json").write_text('{"schema": 1, "study": "planted"}')
    done = incay(*arguments)
    assert done.code == 2, done.out
    assert expected in done.err
    assert done.err.startswith("incay: ")
    assert done.err.count("\n") == 1
    assert done.out == ""
