"""The examples of docs/extending.md: each a new file that a study trains with."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "extending.md").read_text(encoding="utf-8")
MOST_LINES = 40


class Example(NamedTuple):
    """A file of the page, and the part of a study that uses it."""

    path: Path
    code: str
    study: str


EXAMPLES = {
    match["path"]: Example(Path(match["path"]), match["code"], match["study"])
    for match in re.finditer(
        r"^`(?P<path>trainables/\S+\.py)`:\n\n```python\n(?P<code>.*?)```\n"
        r".*?```yaml\n(?P<study>.*?)```",
        PAGE,
        re.DOTALL | re.MULTILINE,
    )
}

TRAIN = """\
import importlib, sys
from pathlib import Path

import torch

package, folder, kind, name = sys.argv[1:]
importlib.import_module(package).__path__.append(folder)

from incay.study.spec.reading.document import load_document
from incay.study.planning.methods import methods_markdown
from incay.study.planning.data_catalog import DataCatalog
from incay.study.planning.trials import Planner
from incay.study.spec.study import parse_study
from incay.trainables.fingerprint import code_files
from incay.trainables.worker.session import TrialTask, train
from incay.trainables.store.trials import Store

data = DataCatalog(Path("data"))
trial = Planner(parse_study(load_document(Path("study.yaml"))), data).confirm_trials()[0]
config = trial.config
task = TrialTask(trial.fingerprint, config, data.hash(config.dataset))
record = train(task, data.load(config.dataset), Store("results"), torch.device("cpu"))
assert (record.status, record.step) == ("completed", 5), record
assert "test.error" in record.metrics
assert f"{package}.{name}" in code_files(config), "its code must count in the fingerprint"
assert kind in methods_markdown()
"""


def test_the_page_has_an_example_of_each_kind() -> None:
    kinds = {example.path.parent.name for example in EXAMPLES.values()}
    assert kinds == {"losses", "incay", "networks", "data"}
    assert PAGE.count("```python") == len(EXAMPLES)


@pytest.mark.parametrize("name", EXAMPLES)
def test_an_example_is_short_and_clean(name: str) -> None:
    code = EXAMPLES[name].code
    assert len(code.splitlines()) <= MOST_LINES
    assert not (ROOT / EXAMPLES[name].path).exists(), "an example must not shadow a component"
    for command in (["check"], ["format", "--check"]):
        checked = subprocess.run(
            [sys.executable, "-m", "ruff", *command, "--stdin-filename", name, "-"],
            cwd=ROOT,
            input=code,
            capture_output=True,
            text=True,
            check=False,
        )
        assert checked.returncode == 0, checked.stdout + checked.stderr


@pytest.mark.parametrize("name", EXAMPLES)
def test_an_example_trains_on_digits(name: str, tmp_path: Path) -> None:
    example = EXAMPLES[name]
    folder = tmp_path / "added"
    folder.mkdir()
    (folder / example.path.name).write_text(example.code)
    write_digits(tmp_path / "data" / "birds.npz")
    values = {
        "dataset": "dataset: digits",
        "network": "network: {name: mnist-2d, width: 0.3, dimension: 4}",
        "loss": "loss: softmax",
        "incay": "incay: {}",
    }
    section, used = example.study.split(":")[0], example.study.strip()
    values[section] = used
    base = "\n".join(f"  {line}" for line in values.values())
    (tmp_path / "study.yaml").write_text(
        f"name: extended\nbase:\n{base}\n  optimizer: {{lr: 0.001}}\n  steps: 5\n"
        "  batch_size: 16\n  reports: 1\nconfirm: {seeds: 1}\n"
    )
    package = ".".join(("incay", *example.path.parent.parts))
    registered = re.search(r"(?:name|form): ([\w-]+)", used)
    assert registered is not None
    done = subprocess.run(
        [sys.executable, "-c", TRAIN, package, str(folder), registered[1], example.path.stem],
        cwd=tmp_path,
        env={"PYTHONPATH": str(ROOT / ".src"), "PATH": "", "HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )
    assert done.returncode == 0, done.stderr


def write_digits(path: Path) -> None:
    """Write scikit-learn's digits at 24×24 pixels, as the example of a data set wants them."""
    from sklearn.datasets import load_digits

    digits = load_digits()
    images = np.rint(digits.images * (255 / 16)).astype(np.uint8).repeat(3, 1).repeat(3, 2)
    images, labels = images[:, None], digits.target.astype(np.int64)
    path.parent.mkdir(parents=True, exist_ok=True)
    np.savez(
        path,
        train_images=images[:200],
        train_labels=labels[:200],
        test_images=images[200:250],
        test_labels=labels[200:250],
    )
