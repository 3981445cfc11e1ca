"""``incay trace``: what it prints, and that what it prints can be pasted."""

from __future__ import annotations

import json
import re
import shlex
import shutil
from pathlib import Path

import pytest
from in_process import Done, incay
from programs import incay as incay_process

from incay.analysis.output.keys import PATTERN
from tests.analysis.study_factory import StudyFactory
from tests.analysis.study_factory import incay as with_incay

RN = with_incay()


@pytest.fixture
def planted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> StudyFactory:
    """Two arms of three seeds below ``results``, and the table that was exported of them."""
    monkeypatch.chdir(tmp_path)
    factory = StudyFactory(tmp_path / "results")
    for arm, difference, errors in (
        ("Softmax", {}, [8.0, 8.1, 8.2]),
        ("RN + Softmax", RN, [5.0, 5.2, 5.4]),
    ):
        factory.arm(arm, difference)
        for number in range(3):
            metrics = {"test.error": errors[number], "test.norm": 200.0 + number}
            factory.trial(arm, number, metrics, config={"seed": 70 + number})
    factory.write()
    assert incay("table", "planted", "--output", "table.md").code == 0
    return factory


def fine(*arguments: str) -> str:
    done = incay(*arguments)
    assert (done.code, done.err) == (0, ""), done.err
    return done.out


def key_of(name: str, column: str, manifest: str = "table.md.manifest.json") -> str:
    cells = json.loads(Path(manifest).read_text("utf-8"))["cells"]
    return next(cell["key"] for cell in cells if (cell["name"], cell["column"]) == (name, column))


def test_a_cell_of_a_file_and_its_key_say_the_same(planted: StudyFactory) -> None:
    by_key = fine("trace", key_of("RN + Softmax", "change"))
    assert by_key == fine("trace", "table.md", "--cell", "RN + Softmax/change")
    assert by_key == fine("trace", "table.md", "--cell", "rn + softmax/Δ to reference")
    lines = by_key.splitlines()
    assert lines[0] == "−2.90 ± 0.25  (RN + Softmax, Δ to reference)"
    assert lines[1].startswith("table general of planted@1a2b3c4d, key ")
    assert "mean over 3 seeds of test.error of RN + Softmax minus that of Softmax" in by_key
    for trial in planted.trials:
        row = next(line for line in lines if line.strip().startswith(trial["fingerprint"]))
        record = planted.record(trial["fingerprint"])
        assert row.split()[-3:] == [
            str(70 + trial["number"]),
            "completed",
            repr(record.metrics["test.error"]),
        ]
        assert record.code_version in by_key
    assert "planted" in by_key
    assert "  incay.weight: 0.1 (RN + Softmax), 0 (Softmax)" in lines
    assert (
        "RN + Softmax (planted@1a2b3c4d) differs from Softmax by incay.form=reciprocal, "
        "incay.weight=0.1"
    ) in lines


def test_a_whole_table_lists_its_keys(planted: StudyFactory) -> None:
    (caption, *_) = Path("table.md").read_text("utf-8").splitlines()
    (whole,) = re.findall(PATTERN, caption)
    listed = fine("trace", whole)
    assert listed == fine("trace", "table.md")
    assert f"{key_of('Softmax', 'error')}  Softmax/error" in listed
    assert "8.10 ± 0.25" in listed
    assert whole in fine("table", "planted").splitlines()[1]


def test_a_lost_file_is_not_missed(planted: StudyFactory) -> None:
    wanted = key_of("Softmax", "error")
    for path in Path().glob("table.md*"):
        path.unlink()
    assert fine("trace", wanted.upper().replace("-", "")).startswith("8.10 ± 0.25  (Softmax, ")


def test_a_number_that_has_changed_is_told(planted: StudyFactory) -> None:
    planted.alter(planted.trials[0]["fingerprint"], "test.error", 2.0)
    told = fine("trace", "table.md", "--cell", "Softmax/error")
    assert told.startswith("8.10 ± 0.25  (Softmax, ")
    assert "note: the store gives another number now: 6.10 ± 8.82" in told


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["aaa-aaa-aaaa"], "but 'aaa-aaa-aaaa' is of none"),
        (["planted"], "is a study: `incay table planted`"),
        (["tabel"], "takes a key, such as kq3-x7v-2mab"),
        (["tabel.md"], "tabel.md must be a file that --output wrote"),
        (["table.md", "--cell", "error"], "must be ROW/COLUMN of table general"),
        (["table.md", "--cell", "Sofmax/error"], "did you mean 'Softmax'"),
        (["table.md", "--cell", "Softmax/eror"], "did you mean 'error'"),
        (["table.md", "--results", "table.md"], "--results must be a directory"),
        (["damaged.md", "--cell", "a/b"], "must be a manifest, but is damaged"),
    ],
    ids=" ".join,
)
def test_a_mistake_is_one_message_and_exit_code_2(
    planted: StudyFactory, arguments: list[str], expected: str
) -> None:
    Path("damaged.md.manifest.json").write_text("{")
    done = incay("trace", *arguments)
    assert (done.code, done.out) == (2, "")
    assert expected in done.err
    assert done.err.startswith("incay: ")
    assert done.err.count("\n") == 1


def test_a_diverged_arm_says_its_trials(planted: StudyFactory) -> None:
    planted.arm("Lost", {"loss.name": "hinge"})
    for number in range(2):
        planted.trial("Lost", number, status="diverged")
    planted.write()
    assert incay("table", "planted", "--output", "new.csv").code == 0
    told = fine("trace", "new.csv", "--cell", "Lost/error")
    assert told.startswith("— diverged 2 of 2  (Lost, ")
    assert "2 trials of the arm, none of which gives a number:" in told
    assert "diverged" in told
    told = fine("trace", "new.csv", "--cell", "Lost/difference")
    assert told.endswith("no trial stands behind it\n")


def test_a_real_number_leads_to_trials_that_train_to_the_same_again(
    finished: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """From the page to the bits: what is printed is pasted, and trains what was recorded."""
    shutil.copytree(finished / "results", tmp_path / "results")
    monkeypatch.chdir(tmp_path)
    fine("table", "tiny", "--output", "tiny.tex")
    told = fine("trace", key_of("RN", "error", "tiny.tex.manifest.json"))
    assert "mean of test.error over 2 seeds" in told
    assert "RN (tiny@" in told
    assert "has searched settings: optimizer.weight_decay=" in told
    offered = [line.strip() for line in told.splitlines() if line.startswith("  incay verify ")]
    assert len(offered) == 2
    again = pasted(offered[0])
    assert again.code == 0, again.out + again.err
    (fingerprint,) = re.findall(r"--trial ([0-9a-f]{20})", offered[0])
    assert f"({fingerprint}): the same bit for bit" in again.out
    assert again.out.endswith("1 trial trained again: 1 the same bit for bit\n")


def pasted(line: str) -> Done:
    name, *words = shlex.split(line)
    assert name == "incay"
    return incay(*words)


def test_the_command_itself_on_what_trials_left(finished: Path, tmp_path: Path) -> None:
    path = tmp_path / "tiny.html"
    done = incay_process("table", "tiny", "--output", str(path), cwd=finished)
    assert done.returncode == 0, done.stderr
    path.with_name("tiny.html.manifest.json").unlink()
    done = incay_process("trace", str(path), "--cell", "Softmax/error", cwd=finished)
    assert (done.returncode, done.stderr) == (0, "")
    trials = re.findall(r"^ ([0-9a-f]{20}) .* confirm .* completed", done.stdout, re.MULTILINE)
    assert len(trials) == 2
