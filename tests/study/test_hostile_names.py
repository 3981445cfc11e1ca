"""A study whose every name and text is hostile: shown as it is written, and harmless everywhere."""

from __future__ import annotations

import csv
import html
import io
import json
import re
import shutil
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree

import mlflow
import pytest
from in_process import Done, incay
from programs import incay as incay_process
from study_factory import StudyFactory

from incay.trainables.outgoing import printable

ALLOWED = (
    "[/b] [red]x[/]",
    "<script>alert(1)</script>",
    r"\input{/etc/passwd} $x^2$ 50% & {",
    "*ours* `x` | [a](javascript:x) ~ #",
    '=HYPERLINK("http://evil.example","x")',
    "+cmd|' /C calc'!A0",
    "-2+3",
    "@SUM(1)",
    "שלום עולם",
    "名前 λ é ‖f‖",
    "'; DROP TABLE runs; --",
    "../../away",
    "%s {0} ${HOME} `id`",
    "n" * 200,
)
"""Names that an arm may have."""

REFUSED = (
    "\x1b[31mred",
    "\x1b]0;title\x07",
    "two\nlines",
    "tab\tbed",
    "back\rwards",
    "\u202eevil",
    "\u2066x",
    "\u2028",
    "\ud83d",
    "\x9b2J",
    "nul\x00",
    "n" * 300,
    "",
    "  ",
)
"""Names that it may not have; books that another program wrote may hold them all the same."""

EVIL = "\x1b]0;t\x07[/b]<script>alert(1)</script>\\input{x}\u202e=1+1|*x*`\r\n\x9b2J\x00\u2028end"
"""What another program may write in the place of any text of a record."""

QUESTION = "Is [b]this[/b] <b>one</b> *bold* & $x$ \\x?"
ESCAPES = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\u2028\u2029]")


@pytest.fixture(scope="module")
def planted(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Results whose books hold every such name, those that a study refuses included."""
    folder = tmp_path_factory.mktemp("hostile")
    factory = StudyFactory(
        folder / "results",
        question=f"{QUESTION} \x1b]0;q\x07",
        replicates=2,
        overrides=(EVIL,),
        unreached=(EVIL,),
    )
    names = [*ALLOWED, *(each for each in REFUSED if each.strip() and "\ud83d" not in each)]
    for place, name in enumerate(names):
        factory.arm(name, {"optimizer.weight_decay": 1e-6 * (place + 1)} if place else {})
        for number in range(2):
            add_trial(factory, name, number, 5.0 + number + place)
    factory.write()
    return folder


def add_trial(factory: StudyFactory, arm: str, number: int, error: float) -> None:
    """Add a trial whose record holds such texts wherever one may stand."""
    evil = {"host": EVIL, "device": EVIL, "git_commit": EVIL, "versions": {EVIL: EVIL}}
    evil |= {"attempts": [{"discarded": EVIL}], "stacked": {"members": 2, "alone_because": EVIL}}
    name = factory.trial(arm, number, {"test.error": error}, config={EVIL: EVIL})
    record = factory.record(name)
    changed = replace(
        record,
        reason=EVIL,
        metrics={**record.metrics, f"train.{EVIL}": 1.0},
        provenance={**record.provenance, **evil},
    )
    history = [{"step": 100.0, **changed.metrics}]
    factory.store.write_record(changed, history, {})


def ask(folder: Path, *arguments: str) -> Done:
    done = incay(*arguments, "--results", str(folder / "results"))
    assert not ESCAPES.search(done.out + done.err), arguments
    assert "Traceback" not in done.err
    return done


def seen(text: str) -> str:
    """Return what is shown, without the line breaks that fold it."""
    return re.sub(r"\s+", "", text)


def test_the_terminal_shows_every_name_and_obeys_none(planted: Path) -> None:
    for command in ("status", "table"):
        done = ask(planted, command, "planted")
        assert done.code == 0, done.err
        for name in ALLOWED[:-1]:
            assert name in done.out or seen(name)[:12] in seen(done.out), name
    assert r"\x1b]0;title\x07" in ask(planted, "table", "planted").out
    assert ask(planted, "compare", "planted", "planted").code == 0
    name = next(planted.glob("results/trials/*/*")).name
    assert r"\x1b]0;t\x07[/b]<script>" in ask(planted, "why", name).out


def test_trace_shows_every_name_and_obeys_none(planted: Path, tmp_path: Path) -> None:
    path = tmp_path / "table.csv"
    assert ask(planted, "table", "planted", "--output", str(path)).code == 0
    listed = ask(planted, "trace", str(path))
    assert listed.code == 0, listed.err
    for name in (*ALLOWED[:-1], *REFUSED[:2]):
        address = f"{name}/error"
        assert seen(printable(address))[:12] in seen(listed.out), name
        done = ask(planted, "trace", str(path), "--cell", address)
        assert done.code == 0, done.err
        assert seen(printable(name)) in seen(done.out)
    for cell in ("\x1b]0;x\x07/error", "\x1b[31mred/\u202eerror"):
        assert ask(planted, "trace", str(path), "--cell", cell).code == 2


@pytest.mark.parametrize("suffix", ["html", "md", "tex", "csv", "json"])
def test_every_format_holds_the_names_as_its_language_writes_them(
    suffix: str, planted: Path, tmp_path: Path
) -> None:
    path = tmp_path / f"table.{suffix}"
    assert ask(planted, "table", "planted", "--output", str(path)).code == 0
    text = path.read_text("utf-8")
    assert not ESCAPES.search(text)
    if suffix == "html":
        assert "<script>alert" not in text
        for name in ALLOWED:
            assert seen(printable(name)) in seen(html.unescape(text.replace("<wbr>", "")))
    elif suffix == "csv":
        rows = list(csv.reader(io.StringIO(text)))
        for row in rows:
            for cell in row:
                assert not re.match(r"[=+@\t\r]|-(?![\d.])", cell), cell
        assert {row[0] for row in rows} | {row[0][1:] for row in rows} >= set(ALLOWED)
    elif suffix == "json":
        assert {row["name"] for row in json.loads(text)["rows"]} >= {*ALLOWED, "\x1b[31mred"}
    elif suffix == "md":
        assert "<script" not in text.replace("\\<", "")
        assert not re.search(r"(?<!\\)\[a\]", text)
    else:
        assert r"\input{/etc" not in text
        assert text.isascii()


def test_the_report_and_its_figures_hold_them_and_run_nothing(
    planted: Path, tmp_path: Path
) -> None:
    path = tmp_path / "report.html"
    done = ask(planted, "report", "planted", "--output", str(path))
    assert done.code == 0, done.err
    text = path.read_text("utf-8")
    assert not ESCAPES.search(text)
    assert "<script>alert" not in text
    assert html.escape(ALLOWED[1]) in text
    assert done.err == ""  # Matplotlib, too, has nothing to say
    figure = tmp_path / "figure.svg"
    drawn = ("figure", "planted", "paired-differences", "--output")
    assert ask(planted, *drawn, str(figure)).code == 0
    ElementTree.fromstring(figure.read_text("utf-8"))  # a control character is no XML
    told = ask(planted, *drawn, str(figure.with_suffix(".png"))).err
    assert "the font must have every letter of a png, but lacks 前 名" in told
    cells = figure.with_suffix(".csv")
    assert ask(planted, *drawn, str(cells)).code == 0
    assert ",=" not in cells.read_text().replace('"', "")
    assert not re.search(r'(^|,)"?[=+@]', cells.read_text(), re.MULTILINE)


def test_mlflow_holds_them_as_they_are_shown(planted: Path, tmp_path: Path) -> None:
    shutil.copytree(planted / "results", tmp_path / "results")
    done = ask(tmp_path, "sync", "planted")
    assert (done.code, done.out) == (0, "MLflow has everything\n"), done.err
    client = mlflow.MlflowClient(f"sqlite:///{tmp_path / 'results' / 'mlflow.db'}")
    experiment = client.get_experiment_by_name("planted")
    assert experiment is not None
    runs = client.search_runs([experiment.experiment_id], max_results=1000)
    arms = {run.data.tags["incay.arm"] for run in runs if "incay.arm" in run.data.tags}
    assert arms >= set(ALLOWED)
    for run in runs:
        assert not ESCAPES.search(f"{run.data.tags} {run.data.params} {run.data.metrics}")
    (named,) = {name for run in runs for name in run.data.metrics if name.startswith("train.")}
    assert "script" in named
    assert {path.name for path in tmp_path.iterdir()} == {"results"}  # none is a path


def study(name: str) -> dict[str, object]:
    return {
        "name": "hostile",
        "question": QUESTION,
        "base": {"dataset": "digits", "network": {"name": "mnist-2d", "width": 0.3}, "steps": 20},
        "arms": {"Softmax": {}, name: {"incay": {"form": "reciprocal", "weight": 0.1}}},
        "confirm": {"seeds": 1},
    }


@pytest.mark.parametrize("name", REFUSED, ids=ascii)
def test_what_a_name_may_not_have_is_refused_in_one_line(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    # JSON is YAML, and writes what YAML's own writer would not.
    (tmp_path / "hostile.yaml").write_text(json.dumps(study(name)))
    done = incay("plan", "hostile.yaml", "--no-probe")
    assert (done.code, done.out) == (2, "")
    assert not ESCAPES.search(done.err)
    assert done.err.count("\n") == 1, done.err
    assert "hostile.yaml" in done.err


def test_words_of_a_command_line_are_shown_by_number(tmp_path: Path) -> None:
    evil = "\x1b]0;x\x07\u202e"
    for command in (
        ("plan", f"{evil}.yaml"),
        ("status", evil),
        ("table", f"tiny@{evil}"),
        ("why", evil),
        ("trace", evil),
        ("trace", f"{evil}.md", "--cell", evil),
        ("verify", "tiny", "--trial", evil),
        ("plan", "quickstart", "--set", f"{evil}=1"),
        (evil,),
        ("plan", "quickstart", "--seeds", evil),
        ("doctor", "--cluster", f"{tmp_path}/{evil}"),
        ("doctor", "--address", evil),
    ):
        done = incay(*command)
        assert done.code == 2, command
        assert not ESCAPES.search(done.out + done.err), command
    told = incay_process("plan", f"--{evil}", cwd=tmp_path).stderr  # by Click
    assert "No such option" in told
    assert not ESCAPES.search(told)
