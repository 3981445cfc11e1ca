"""The command line: exit codes, messages without tracebacks, quick answers."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from programs import incay, python

STUDY = """\
name: bad
base:
  dataset: mnist
  steps: 10
arms:
  L-Softmax: {loss: {name: l-softmax, margin: 4}}
"""


def truncated_mnist(root: Path) -> Path:
    folder = root / "data" / "mnist" / "raw"
    folder.mkdir(parents=True)
    header = bytes([0, 0, 8, 3, 0, 0, 0, 9, 0, 0, 0, 28, 0, 0, 0, 28])
    labels = bytes([0, 0, 8, 1, 0, 0, 0, 9]) + bytes(9)
    for grey, name in enumerate(("train", "t10k")):
        (folder / f"{name}-images-idx3-ubyte").write_bytes(header + bytes([grey]) * (28 * 28 * 8))
        (folder / f"{name}-labels-idx1-ubyte").write_bytes(labels)
    return root / "data"


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["run", "quikstart"], "did you mean 'quickstart'"),
        (["run", "bad.yaml", "--set", "arms.L-Softmax.loss.margin=5"], "margin in {1, 2, 3, 4}"),
        (["plan", "broken.yaml"], "broken.yaml:6: arms.L-Softmax.loss.marign"),
        (["run", "bad.yaml"], "--data-root"),
        (["run", "bad.yaml", "--data-root", "nowhere"], "does not exist"),
        (["run", "bad.yaml", "--data-root", "."], "train-images-idx3-ubyte"),
        (["run", "bad.yaml", "--data-root", "data"], "truncated"),
        (["run", "quickstart", "--set", "resources.cpu=512"], "resources.cpu"),
        (["status", "quickstart"], "must have been run"),
        (["table", "quickstart"], "quickstart"),
        (["run", "quickstart", "--seeds", "0"], "--seeds"),
        (["run", "quickstart", "--no-such-option"], "--no-such-option"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_bad_input_is_one_message_and_exit_code_2(arguments, expected, tmp_path):
    (tmp_path / "bad.yaml").write_text(STUDY)
    (tmp_path / "broken.yaml").write_text(STUDY.replace("margin", "marign"))
    truncated_mnist(tmp_path)
    done = incay(*arguments, cwd=tmp_path)
    assert done.returncode == 2, done.stderr
    assert expected in done.stderr
    assert "Traceback" not in done.stderr
    assert not list(tmp_path.glob("results/trials"))


def test_help_is_quick(tmp_path):
    started = time.monotonic()
    done = incay("--help", cwd=tmp_path)
    assert done.returncode == 0
    assert time.monotonic() - started < 5  # a generous bound: the machine may be busy


def test_studies_lists_the_built_in_ones(tmp_path):
    done = incay("studies", cwd=tmp_path)
    assert done.returncode == 0
    assert "quickstart" in done.stdout
    assert "paper-b-table-2" in done.stdout


INTERRUPTED = """
import runpy, sys
class Interrupting:
    def find_spec(self, name, *_):
        if name == sys.argv[1]:
            raise KeyboardInterrupt
sys.meta_path.insert(0, Interrupting())
runpy.run_module("incay", run_name="__main__")
"""


@pytest.mark.parametrize("module", ["incay.study.cli", "incay.study.surroundings"])
def test_ctrl_c_while_a_command_is_loaded_ends_it_without_a_stack(
    module: str, tmp_path: Path
) -> None:
    done = python("-c", INTERRUPTED, module, cwd=tmp_path)
    assert done.returncode == 130
    assert done.stderr == ""
