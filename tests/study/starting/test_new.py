"""``incay new`` writes files that run as they are, and never over another."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from in_process import Done, incay
from programs import incay as incay_program
from programs import python

KINDS = (
    "loss",
    "network",
    "form",
    "dataset",
    "optimizer",
    "schedule",
    "augmentation",
    "measure",
)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def begun(*names: str) -> None:
    for name in names:
        done = incay("new", *name.split())
        assert done.code == 0, done.err


def planned(old: str, new: str) -> Done:
    text = Path("own.yaml").read_text()
    assert old in text
    Path("own.yaml").write_text(text.replace(old, new))
    return incay("plan", "own.yaml", "--no-probe")


def test_components_pass_the_tests_beside_them(folder: Path) -> None:
    begun(*(f"{kind} my_{kind}" for kind in KINDS))
    assert sorted(path.name for path in folder.iterdir()) == sorted(
        f"{start}my_{kind}.py" for kind in KINDS for start in ("", "test_")
    )
    done = python("-m", "pytest", "-q", "-p", "no:cacheprovider", cwd=folder)
    assert done.returncode == 0, done.stdout
    assert f"{len(KINDS)} passed" in done.stdout


@pytest.mark.parametrize("kind", KINDS)
def test_a_component_imports_nothing_of_ours_but_the_door(kind: str, folder: Path) -> None:
    begun(f"{kind} mine")
    modules = re.findall(r"^from (\S+) import", (folder / "mine.py").read_text(), re.MULTILINE)
    assert [name for name in modules if name.startswith("incay")] == ["incay.components"]
    test = (folder / "test_mine.py").read_text()
    assert "from incay.testing import" in test
    assert "from mine import" in test


def test_a_study_as_it_is_can_be_planned(folder: Path) -> None:
    begun("study own")
    done = incay("plan", "own.yaml", "--no-probe")
    assert done.code == 0, done.err
    assert not done.err


def test_a_study_uses_what_lies_beside_it(folder: Path) -> None:
    begun(*(f"{kind} my_{kind}" for kind in KINDS), "study own")
    text = (folder / "own.yaml").read_text()
    files = [f"my_{kind}.py" for kind in sorted(KINDS)]
    assert f"\nuses: [{', '.join(files)}]\n" in text
    done = planned("  # my_", "  my_")
    assert done.code == 0, done.err
    for arm in (f"my_{kind}" for kind in KINDS if kind not in ("dataset", "measure")):
        assert arm in done.out
    assert planned("dataset: digits", "dataset: my_dataset").code == 0


@pytest.mark.parametrize(
    ("kind", "name", "told"),
    [
        *((kind, "mine", "mine.py must not be there yet") for kind in KINDS),
        ("loss", "their", "test_their.py must not be there yet"),
        ("loss", "coco", "there is a loss 'coco'"),
        ("measure", "top5_error", "there is a measure 'top5_error'"),
        ("form", "log", "there is an incay form 'log'"),
        ("augmentation", "affine", "there is an augmentation 'affine'"),
        ("optimizer", "adamw", "there is an optimizer 'adamw'"),
        ("schedule", "cosine", "there is a schedule 'cosine'"),
        ("schedule", "schedule", "makes ScheduleSettings"),
        ("dataset", "digits", "there is a dataset 'digits'"),
        ("network", "torch", "no Python module or word has, but is 'torch'"),
        ("network", "json", "no Python module or word has, but is 'json'"),
        ("network", "incay", "no Python module or word has, but is 'incay'"),
        ("network", "class", "no Python module or word has, but is 'class'"),
        ("loss", "my-loss", "lower-case letters, digits and _"),
        ("loss", "2fast", "lower-case letters, digits and _"),
        ("loss", "../there", "lower-case letters, digits and _"),
        ("loss", "", "lower-case letters, digits and _"),
        ("loss", "größe", "lower-case letters, digits and _"),
        ("loss", "abc" * 200, "1 to 80 lower-case letters, digits and _.*…$"),
        ("loss", "con", "no device of Windows"),
        ("loss", "loss", "makes LossSettings"),
        ("study", "quickstart", "there is a built-in study 'quickstart'"),
        ("study", "my_study", "lower-case letters, digits and hyphens"),
        ("study", "abc" * 200, "1 to 80 lower-case letters, digits and hyphens.*…$"),
        ("study", "com1", "no device of Windows"),
        ("study", "mine", "mine.yaml must not be there yet"),
    ],
)
def test_a_name_that_cannot_be_used_is_one_message(
    kind: str, name: str, told: str, folder: Path
) -> None:
    there = ["mine.py", "test_their.py", "mine.yaml"]
    for file in there:
        (folder / file).write_text("theirs")
    done = incay("new", kind, name)
    assert done.code == 2
    assert re.search(told, done.err), done.err
    assert done.err.count("\n") == 1
    assert sorted(path.name for path in folder.iterdir()) == sorted(there)
    assert {(folder / file).read_text() for file in there} == {"theirs"}


def test_a_dangling_link_is_not_written_through(folder: Path) -> None:
    (folder / "mine.py").symlink_to(folder / "elsewhere.py")
    assert incay("new", "loss", "mine").code == 2
    assert not (folder / "elsewhere.py").exists()


@pytest.mark.long
def test_a_loss_and_a_study_run(folder: Path) -> None:
    """As a user's first five minutes go: two files, one line, numbers."""
    begun("loss mine", "study own")
    text = (folder / "own.yaml").read_text()
    (folder / "own.yaml").write_text(text.replace("  # mine: {", "  mine: {"))
    done = incay_program("run", "own.yaml", "--no-mirror", cwd=folder, timeout=500)
    assert done.returncode == 0, done.stderr
    assert "18 trials started, 0 reused; 18 completed" in done.stdout
    table = incay("table", "own")
    assert table.code == 0, table.err
    assert "mine" in table.out
