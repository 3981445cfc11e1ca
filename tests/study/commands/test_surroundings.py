"""Circumstances in which a command is called: worked around, or told in one message."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import time
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import psutil
import pytest
from not_run import NAMESPACES
from PIL import Image
from programs import ENVIRONMENT, incay
from tiny_study import STUDY

SHORT = STUDY[: STUDY.index("search:")].replace("RN:", "RN λ:") + "confirm: {seeds: 1}\n"
"""Two trials; λ is no character of ASCII or Latin-1."""
HOSTILE = ("study", "analysis", "trainables", "incay", "torch", "ray", "mlflow", "yaml", "numpy")
"""Modules of the user's own where the command is called, which are not for us."""
COMMAND = (sys.executable, "-P", "-m", "incay")


def shell(script: str, folder: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run a script of the shell's, in which ``incay`` is the command."""
    function = f'incay() {{ {" ".join(COMMAND)} "$@"; }}\n'
    return subprocess.run(
        ["bash", "-c", function + script],
        cwd=folder,
        env={**ENVIRONMENT, **variables},
        capture_output=True,
        text=True,
        errors="replace",
        timeout=500,
        check=False,
    )


@dataclass
class Watched:
    """A run, and what could be seen of it from outside.

    Attributes:
        folder: Where it was called.
        said: What it printed.
        addresses: At which it listened.
        private: The folder of its Ray.
        modes: The rights of that folder.
    """

    folder: Path
    said: str = ""
    addresses: set[str] = field(default_factory=set)
    private: Path | None = None
    modes: set[str] = field(default_factory=set)

    def look(self, run: psutil.Process) -> None:
        """See what the run's processes do now."""
        for each in (run, *run.children(recursive=True)):
            with suppress(psutil.Error, OSError):
                for opened in each.net_connections("inet"):
                    if opened.status == psutil.CONN_LISTEN:
                        self.addresses.add(opened.laddr.ip)
                found = re.search(r"=(/\S*?)/r/session_\S*/raylet", " ".join(each.cmdline()))
                if found:
                    self.private = Path(found[1])
                    self.modes.add(f"{self.private.stat().st_mode & 0o777:o}")


@pytest.fixture(scope="module")
def surrounded(tmp_path_factory: pytest.TempPathFactory) -> Watched:
    """A run amid all that can be worked around at once."""
    folder = tmp_path_factory.mktemp("surrounded")
    long, home = folder / ("x" * 100), folder / "home"
    long.mkdir()
    home.mkdir()
    for name in HOSTILE:
        (folder / f"{name}.py").write_text("raise SystemExit('a module of the user')")
    (folder / "tiny.yaml").write_text(SHORT)
    environment = {
        **ENVIRONMENT,
        **{"PYTHONWARNINGS": "error", "PYTHONIOENCODING": "ascii", "LC_ALL": "POSIX"},
        **{"TMPDIR": str(long), "HOME": str(home)},
    }
    seen, log = Watched(folder), folder / "log"
    with (
        log.open("w") as out,
        subprocess.Popen(
            [*COMMAND, "run", "tiny.yaml", "--set", "steps=400"],
            cwd=folder,
            env=environment,
            stdout=out,
            stderr=out,
        ) as run,
    ):
        while run.poll() is None:
            with suppress(psutil.NoSuchProcess):
                seen.look(psutil.Process(run.pid))
            time.sleep(0.05)
    seen.said = log.read_text()
    assert run.returncode == 0, seen.said
    return seen


def test_what_can_be_worked_around_is(surrounded):
    assert "2 trials started, 0 reused; 2 completed" in surrounded.said
    assert "RN ?" in surrounded.said  # of λ, where the encoding has none
    for sign in ("Traceback", "Warning", "not up to date"):
        assert sign not in surrounded.said


def test_a_local_run_listens_on_loopback_alone(surrounded):
    assert surrounded.addresses
    assert {address.removeprefix("::ffff:") for address in surrounded.addresses} == {"127.0.0.1"}


def test_a_local_run_keeps_its_folder_and_token_to_itself_and_leaves_nothing(surrounded):
    assert surrounded.modes == {"700"}
    assert surrounded.private is not None
    assert not surrounded.private.exists()
    assert not list((surrounded.folder / "home").glob(".ray*"))


@pytest.mark.parametrize(
    "command", ["studies", "methods", "table tiny", "status tiny", "report tiny"]
)
def test_a_closed_terminal_ends_no_command(surrounded, command):
    done = shell(f"incay {command} >&- 2>&- <&-", surrounded.folder)
    assert done.returncode == 0, done.stderr
    assert shell(f"incay {command} >&-", surrounded.folder).stderr == ""


@pytest.mark.parametrize("encoding", ["ascii", "latin-1"])
def test_a_table_is_printed_in_every_encoding(surrounded, encoding):
    done = shell("incay table tiny", surrounded.folder, PYTHONIOENCODING=encoding)
    assert (done.returncode, done.stderr) == (0, "")
    assert "RN ?" in done.stdout


def test_a_reader_that_leaves_ends_a_command_in_silence(surrounded):
    done = shell("set -o pipefail; incay table tiny | head -1", surrounded.folder)
    assert (done.returncode, done.stderr) == (0, "")


def test_an_answer_that_could_not_be_written_is_told(surrounded):
    done = shell("incay table tiny > /dev/full", surrounded.folder)
    assert done.returncode == 1
    assert done.stderr == (
        "incay: what this command printed is not whole: No space left on device\n"
    )


def test_a_run_whose_log_cannot_be_written_has_done_its_work(surrounded):
    done = shell("incay run tiny.yaml --set steps=400 --no-mirror > /dev/full", surrounded.folder)
    assert done.returncode == 0
    assert "not whole: No space left on device" in done.stderr


def test_a_working_folder_that_is_gone_is_told(tmp_path):
    done = shell("mkdir gone; cd gone; rmdir ../gone; incay studies", tmp_path)
    assert done.returncode == 2
    assert "incay: the working folder must exist, but it is gone" in done.stderr


@pytest.mark.parametrize("command", ["run", "plan"])
def test_python_without_docstrings_is_refused(tmp_path, command):
    (tmp_path / "tiny.yaml").write_text(SHORT)
    done = incay(command, "tiny.yaml", cwd=tmp_path, PYTHONOPTIMIZE="2")
    assert done.returncode == 2
    assert done.stderr.startswith("incay: Python must keep docstrings, which Ray reads")


def test_a_machine_without_loopback_is_refused_at_once(tmp_path):
    alone = ["unshare", "--net", "--map-root-user"]
    if not shutil.which("unshare") or subprocess.run([*alone, "true"], check=False).returncode:
        pytest.skip(NAMESPACES)
    (tmp_path / "tiny.yaml").write_text(SHORT)
    done = subprocess.run(
        [*alone, *COMMAND, "run", "tiny.yaml"],
        cwd=tmp_path,
        env=ENVIRONMENT,
        capture_output=True,
        text=True,
        timeout=500,
        check=False,
    )
    assert done.returncode == 2
    assert "the processes of a run must reach each other at 127.0.0.1, but cannot" in done.stderr


def test_names_of_files_read_alike_whatever_the_locale(tmp_path: Path) -> None:
    draw = np.random.default_rng(0)
    for split in ("train", "test"):
        for name in ("née", "שלום"):
            folder = tmp_path / "data" / "images" / split / name
            folder.mkdir(parents=True)
            pixels = draw.integers(0, 256, (8, 8), np.uint8)
            Image.fromarray(pixels).save(folder / f"{split}-é-{name}.png")
    command = "incay data verify image_folder --data-root data --set dataset.grey=true"
    here = shell(command, tmp_path)
    plain = shell(command, tmp_path, LC_ALL="C", PYTHONUTF8="0")
    assert here.returncode == 0, here.stderr
    assert plain.returncode == 0, plain.stderr
    # What is printed keeps to the locale's signs.
    assert plain.stdout.isascii()
    content = re.findall(r"content [0-9a-f]{64}", here.stdout)
    assert content
    assert content == re.findall(r"content [0-9a-f]{64}", plain.stdout)
