"""Whatever happens to a file of the store: one message, no hang, and no number that changes."""

from __future__ import annotations

import json
import shutil
import signal
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from damages import CONTENTS, PLACES
from in_process import Done, incay
from programs import incay as in_own_process

FILES = (
    *("record.json", "history", "samples", "study.json", "trials.json", "freeze.json"),
    *("models.json", "latest.json", "code", "out.csv", "out.csv.manifest.json"),
    *("mlflow.db", "optuna.journal"),
)
KINDS: dict[str, Callable[[Path], object]] = {**PLACES, "no file": lambda _: None}
SAMPLE = ("half", "a flipped bit (0)", "texts for numbers", "three thousand levels", "a pipe")
TOLD = (
    "damaged",
    "must match",
    "must be",
    "must exist",
    "cannot be",
    "was altered",
    "was changed",
    "another number",
    "missing",
)
"""How what is wrong with a file is told."""
COPIES = ("mlflow.db", "optuna.journal")
SECONDS = 30


def cases() -> Iterator[object]:
    for file in FILES:
        for damage in (*CONTENTS, *KINDS):
            if file == "models.json" and damage in ("an empty object", "no file"):
                continue  # what it is where no network is kept
            marks = () if damage in SAMPLE else (pytest.mark.long,)
            yield pytest.param(file, damage, marks=marks, id=f"{file}-{damage}")


@pytest.fixture(scope="module")
def whole(finished: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The tiny study's results, with an exported table."""
    folder = tmp_path_factory.mktemp("whole")
    shutil.copytree(finished / "results", folder / "results")
    done = in_own_process("table", "tiny", "--output", "out.csv", cwd=folder)
    assert done.returncode == 0, done.stderr
    return folder


@pytest.fixture
def folder(whole: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of them, to be damaged, which is where commands are called."""
    target = tmp_path / "w"
    shutil.copytree(whole, target)
    monkeypatch.chdir(target)
    return target


@pytest.fixture(autouse=True)
def _in_time() -> Iterator[None]:
    """Fail, in place of waiting for ever."""

    def late(*_: object) -> None:
        raise TimeoutError

    before = signal.signal(signal.SIGALRM, late)
    signal.alarm(SECONDS)
    yield
    signal.alarm(0)
    signal.signal(signal.SIGALRM, before)


def rows(folder: Path) -> tuple[Path, list[dict[str, str]]]:
    (path,) = folder.glob("results/studies/tiny/*/trials.json")
    return path, json.loads(path.read_text())["trials"]


def found(folder: Path, file: str) -> tuple[Path, str]:
    """Return a file of the store, and the fingerprint of a confirmed trial."""
    books, trials = rows(folder)
    name = next(row["fingerprint"] for row in trials if row["phase"] == "confirm")
    trial = folder / "results/trials" / name[:2] / name
    if file in ("history", "samples"):
        return next(trial.glob(f"{file}-*.parquet")), name
    if file == "code":
        return next((folder / "results/code").iterdir()), name
    places = (trial, books.parent, books.parent.parent, folder, folder / "results")
    return next(place / file for place in places if (place / file).exists()), name


def commands(name: str) -> list[tuple[str, ...]]:
    return [
        ("status", "tiny"),
        ("table", "tiny"),
        ("report", "tiny"),
        ("verify", "out.csv"),
        ("trace", "out.csv", "--cell", "Softmax/error"),
        ("why", name[:10]),
        ("compare", "tiny", "tiny"),
        ("figure", "tiny", "best-so-far", "--output", "b.csv"),
    ]


@pytest.fixture(scope="module")
def answers(whole: Path) -> dict[tuple[str, ...], Done]:
    """What each command says of the whole store."""
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(whole)
        _, name = found(whole, "record.json")
        return {command: incay(*command) for command in commands(name)}


@pytest.mark.parametrize(("file", "damage"), cases())
def test_a_damaged_file(
    file: str, damage: str, folder: Path, answers: dict[tuple[str, ...], Done]
) -> None:
    path, name = found(folder, file)
    content = path.read_bytes()
    if damage in CONTENTS:
        changed = CONTENTS[damage](content)
        if changed is None or changed == content:
            return
        path.write_bytes(changed)
    else:
        path.unlink()
        KINDS[damage](path)
    if file in COPIES:
        done = incay("sync", "tiny")
        assert done.code in (0, 2), done.err
        return
    for command in commands(name):
        done, before = incay(*command), answers[command]  # an exception would be a traceback
        assert done.code in (0, 1, 2)
        same = (done.code, done.out) == (before.code, before.out)
        same |= command[0] == "verify" and done.code == 1  # it names cells that differ
        assert same or any(words in done.out + done.err for words in TOLD), (command, done)


@pytest.mark.parametrize("file", ["study.json", "trials.json", "freeze.json", "models.json"])
def test_running_again_writes_damaged_books_anew(file: str, folder: Path, finished: Path) -> None:
    path, _ = found(folder, file)
    path.write_bytes(path.read_bytes()[:-20])
    shutil.copy(finished / "tiny.yaml", folder)
    done = in_own_process("run", "tiny.yaml", "--no-mirror", cwd=folder)
    assert done.returncode == 0, done.stderr
    assert "0 trials started, 8 reused; 8 completed" in done.stdout
    assert f"done again: {path.resolve()} must" in done.stdout
    assert done.stdout.count("done again:") == 1
    assert path.with_name(f"{file}.damaged-1").exists()
    assert incay("verify", "out.csv").code == 0


def test_winners_that_are_gone_are_frozen_anew_and_told_of(folder: Path, finished: Path) -> None:
    path, _ = found(folder, "freeze.json")
    before = path.read_bytes()
    path.unlink()
    assert "the winners that were frozen is missing" in " ".join(incay("table", "tiny").out.split())
    shutil.copy(finished / "tiny.yaml", folder)
    done = in_own_process("run", "tiny.yaml", "--no-mirror", cwd=folder)
    assert done.returncode == 0, done.stderr
    assert f"done again: {path.resolve()} must be there" in done.stdout
    assert path.read_bytes() == before


def test_swapped_fingerprints_give_no_numbers(folder: Path) -> None:
    """Whoever swaps them would have Softmax's numbers printed as RN's."""
    path, trials = rows(folder)
    confirmed = [row for row in trials if row["phase"] == "confirm"]
    one, other = (next(row for row in confirmed if row["arm"] == arm) for arm in ("Softmax", "RN"))
    one["fingerprint"], other["fingerprint"] = other["fingerprint"], one["fingerprint"]
    path.write_text(json.dumps({"trials": trials}))
    done = incay("table", "tiny", "--format", "csv")
    assert "is not one of 'RN': it has incay." in done.out
    assert incay("verify", "out.csv").code == 1


def test_a_record_of_another_trial_is_refused(folder: Path) -> None:
    """With its checksum made anew, so that nothing else tells."""
    from incay.trainables.store.reading.door import signed

    path, name = found(folder, "record.json")
    values = json.loads(path.read_text())
    values.pop("checksum")
    values["config"]["optimizer"]["lr"] = 0.5
    path.write_text(json.dumps(signed(values)))
    for command in (("table", "tiny"), ("report", "tiny"), ("why", name)):
        done = incay(*command)
        text = done.out + done.err + "".join(each.read_text() for each in folder.glob("*.html"))
        assert "made up or altered" in text, command


@pytest.mark.parametrize(
    ("value", "expected"),
    [(0.5, "is outside of what is searched"), (1.5e-4, "and the results put it at")],
)
def test_a_planted_point_is_never_trained(
    value: float, expected: str, folder: Path, finished: Path
) -> None:
    """Outside of its range it is refused; inside the search takes its own, and says so."""
    path, trials = rows(folder)
    row = next(each for each in trials if each["phase"] == "search" and each["number"] == 1)
    row["params"] = {"optimizer.weight_decay": value}
    path.write_text(json.dumps({"trials": trials}))
    shutil.copy(finished / "tiny.yaml", folder)
    done = in_own_process("run", "tiny.yaml", "--no-mirror", cwd=folder)
    told = done.stdout + done.stderr
    assert expected in told
    assert f"{path.resolve()} " in told
    assert f"{value}" in told
    assert done.returncode == (2 if value == 0.5 else 0)
    if value != 0.5:
        assert "0 trials started, 8 reused" in done.stdout
        assert incay("verify", "out.csv").code == 0
        return
    shown = incay("verify", "out.csv")
    assert shown.code == 1
    assert expected in shown.out
    path.unlink()
    again = in_own_process("run", "tiny.yaml", "--no-mirror", cwd=folder)
    assert again.returncode == 0, again.stderr
    assert "0 trials started, 8 reused" in again.stdout
