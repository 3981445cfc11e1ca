"""A study of hostile names, classes and files, from plan to pages: shown, and obeyed by none."""

from __future__ import annotations

import csv
import html
import json
import os
import pty
import re
import subprocess
import sys
from pathlib import Path

import mlflow
import numpy as np
import optuna
import pytest
from in_process import incay
from PIL import Image
from programs import ENVIRONMENT
from programs import incay as incay_process
from servers import browser_page, incay_ui
from test_hostile_names import ALLOWED, ESCAPES, QUESTION, seen

SCRIPT = "<img src=x onerror=alert(1)><script>alert(2)</script>"
CLASSES = (SCRIPT.replace("/", ""), "=1+1", "[/b] *x* `y`", "名 שלום", r"$x$ \input{y} 5%")
FILES = ("\x1b[2J.png", "<script>.png", "-rf.png", "\u202eevil.png", "a\nb.png", "%s {0}.png")
COLOURED = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]|\r")
"""What Rich sends a terminal itself: colours, and moves of its cursor."""
SET = (
    "image_folder",
    "--data-root",
    "data",
    "--set",
    "dataset.size=[28, 28]",
    "--set",
    "dataset.grey=true",
)

STUDY = {
    "name": "hostile",
    "question": f"{QUESTION} {SCRIPT}",
    "base": {
        "dataset": {"name": "image_folder", "folder": "images", "size": [28, 28], "grey": True},
        "network": {"name": "mnist-2d", "width": 0.1, "dimension": 2},
        "steps": 4,
        "batch_size": 8,
        "reports": 2,
        "optimizer": {"lr": 0.01},
    },
    "arms": {
        name: {"incay": {"form": "reciprocal", "weight": 0.01 * place}} if place else {}
        for place, name in enumerate(ALLOWED)
    },
    "search": {"all arms": {"optimizer.weight_decay": "log 1e-5 .. 1e-2"}},
    "budget": {"trials": 1},
    "confirm": {"seeds": 2},
}


def write_images(folder: Path) -> None:
    draw = np.random.default_rng(0)
    for split in ("train", "test"):
        for label, name in enumerate(CLASSES):
            (folder / split / name).mkdir(parents=True)
            for number in range(6):
                pixels = draw.integers(0, 200, (8, 8), dtype=np.uint8)
                pixels[label] = 250
                file = FILES[number] if label == 0 else f"{number}.png"
                Image.fromarray(pixels).save(folder / split / name / f"{split}{file}")
    (folder / "train" / CLASSES[0] / "\x1b[31mnotes.txt").write_text("not read")


def on_a_terminal(*command: str, cwd: Path) -> tuple[int, str]:
    """Run a command on a terminal of its own; return its exit code and all that it sent there."""
    ours, its = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "incay", *command],
        cwd=cwd,
        env={**ENVIRONMENT, "TERM": "xterm-256color"},
        stdin=its,
        stdout=its,
        stderr=its,
        start_new_session=True,
    )
    os.close(its)
    sent = b""
    while True:
        try:
            some = os.read(ours, 65536)
        except OSError:  # it has ended
            some = b""
        if not some:
            break
        sent += some
    os.close(ours)
    return process.wait(timeout=500), sent.decode("utf-8", "replace")


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """A folder in which the study has run on a terminal, and what that was sent."""
    folder = tmp_path_factory.mktemp("hostile")
    write_images(folder / "data" / "images")
    (folder / "hostile.yaml").write_text(json.dumps(STUDY))
    code, sent = on_a_terminal("run", "hostile.yaml", "--data-root", "data", cwd=folder)
    assert code == 0, sent[-3000:]
    return folder, sent


@pytest.mark.long
def test_a_terminal_obeys_none_of_them(ran: tuple[Path, str]) -> None:
    folder, sent = ran
    table = on_a_terminal("table", "hostile", cwd=folder)[1]
    status = on_a_terminal("status", "hostile", cwd=folder)[1]
    data = on_a_terminal("data", "verify", *SET, cwd=folder)[1]
    for text in (sent, table, status, data):
        assert not ESCAPES.search(COLOURED.sub("", text)), text[-2000:]
        assert "Traceback" not in text, text[text.index("Traceback") :][:5000]
        assert "Warning" not in text, text[text.index("Warning") - 500 :][:1000]
    for name in ALLOWED[:-1]:
        assert seen(name)[:12] in seen(COLOURED.sub("", table)), name


@pytest.mark.long
@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "utf-8"])
def test_every_command_is_whole_in_every_encoding(ran: tuple[Path, str], encoding: str) -> None:
    folder, _ = ran
    row = json.loads(next(folder.glob("results/studies/hostile/*/trials.json")).read_text())
    name = row["trials"][0]["fingerprint"]
    for command in (
        ("plan", "hostile.yaml", "--data-root", "data", "--no-probe"),
        ("status", "hostile"),
        ("table", "hostile"),
        ("compare", "hostile", "hostile"),
        ("why", name),
        ("data", "verify", *SET),
        ("report", "hostile"),
        ("sync", "hostile"),
    ):
        variables = {"PYTHONIOENCODING": encoding, "LC_ALL": "C", "PYTHONUTF8": "0"}
        done = subprocess.run(
            [sys.executable, "-m", "incay", *command],
            cwd=folder,
            env={**ENVIRONMENT, **variables},
            capture_output=True,
            check=False,
        )
        assert done.returncode == 0, (command, done)
        text = (done.stdout + done.stderr).decode(encoding)
        assert not ESCAPES.search(text), command
        assert "Traceback" not in text


@pytest.mark.long
def test_mlflow_and_optuna_have_every_name(ran: tuple[Path, str]) -> None:
    folder, _ = ran
    client = mlflow.MlflowClient(f"sqlite:///{folder / 'results' / 'mlflow.db'}")
    experiment = client.get_experiment_by_name("hostile")
    assert experiment is not None
    runs = client.search_runs([experiment.experiment_id], max_results=1000)
    assert {run.data.tags["incay.arm"] for run in runs if "incay.arm" in run.data.tags} == {
        *ALLOWED
    }
    file = optuna.storages.journal.JournalFileBackend(str(folder / "results" / "optuna.journal"))
    found = optuna.get_all_study_names(optuna.storages.JournalStorage(file))
    assert {name.split(" ", 2)[2] for name in found} == {*ALLOWED}


@pytest.fixture
def _pages(ran: tuple[Path, str]) -> None:
    """Write each page that a browser is to look at."""
    folder, _ = ran
    for command in (
        ("report", "hostile", "--output", "report.html"),
        ("table", "hostile", "--output", "table.html"),
        ("compare", "hostile", "hostile", "--output", "compare.html"),
    ):
        done = incay_process(*command, cwd=folder)
        assert done.returncode == 0, done.stderr


@pytest.mark.long
@pytest.mark.usefixtures("_pages")
def test_a_browser_shows_every_name_and_runs_none(ran: tuple[Path, str]) -> None:
    folder, _ = ran
    with browser_page() as page:
        opened: list[str] = []
        page.on("dialog", lambda dialog: (opened.append(dialog.message), dialog.dismiss()))
        page.on("request", lambda asked: opened.append(asked.url))
        page.on("pageerror", lambda error: opened.append(str(error)))
        for name in ("report.html", "table.html", "compare.html"):
            address = (folder / name).as_uri()
            page.goto(address)
            page.wait_for_timeout(500)
            text = seen(page.inner_text("body"))
            for arm in ALLOWED[:-1]:
                assert seen(arm) in text, (name, arm)
            assert page.locator("img[src=x], iframe, object, [onerror]").count() == 0
            assert opened == [address]
            opened.clear()


@pytest.mark.long
def test_mlflow_s_pages_show_them_and_run_none(ran: tuple[Path, str]) -> None:
    folder, _ = ran
    with incay_ui(folder) as address, browser_page() as page:
        opened: list[str] = []
        page.on("dialog", lambda dialog: (opened.append(dialog.message), dialog.dismiss()))
        page.goto(f"{address}/#/experiments/1/runs?workflowType=machine_learning")
        page.get_by_text("matching runs").wait_for(timeout=60_000)
        page.locator(".ag-row button").first.click()
        page.wait_for_timeout(2000)
        assert seen(ALLOWED[1]) in seen(page.inner_text("body"))
        assert not opened


@pytest.mark.long
def test_the_table_s_files_hold_every_name(
    ran: tuple[Path, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, _ = ran
    monkeypatch.chdir(folder)
    for suffix in ("csv", "json", "md", "html", "tex"):
        assert incay("table", "hostile", "--output", f"t.{suffix}").code == 0
        assert incay("verify", f"t.{suffix}").code == 0
        assert not ESCAPES.search(Path(f"t.{suffix}").read_text("utf-8"))
    rows = list(csv.reader(Path("t.csv").read_text("utf-8").splitlines()))
    assert {row[0] for row in rows} | {row[0][1:] for row in rows} >= {*ALLOWED}
    assert {row["name"] for row in json.loads(Path("t.json").read_text())["rows"]} >= {*ALLOWED}
    page = seen(html.unescape(Path("t.html").read_text("utf-8").replace("<wbr>", "")))
    assert all(seen(name) in page for name in ALLOWED)
