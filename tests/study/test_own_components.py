"""The examples of docs/own-components.md: each a file beside a study that trains with it."""

from __future__ import annotations

import importlib
import re
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest
import torch

from incay import load_model
from incay.study.planning.data_catalog import DataCatalog
from incay.study.planning.methods import methods_markdown
from incay.study.planning.trials import Planner
from incay.study.spec.own_code import use_own_code
from incay.study.spec.reading.document import load_document
from incay.study.spec.study import parse_study
from incay.testing import (
    check_augmentation,
    check_dataset,
    check_form,
    check_loss,
    check_network,
    check_optimizer,
    check_schedule,
)
from incay.trainables.config import TrialConfig
from incay.trainables.fingerprint import code_files
from incay.trainables.incay import forms
from incay.trainables.store.trials import Store
from incay.trainables.uses import withdraw
from incay.trainables.uses.loading import REGISTRIES
from incay.trainables.worker.session import train
from incay.trainables.worker.task import TrialTask

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "own-components.md").read_text(encoding="utf-8")
MOST_LINES = 50
DATA = Path("data")


class Example(NamedTuple):
    """A file of the page, and the part of a study that uses it."""

    file: str
    code: str
    study: str


EXAMPLES = {
    match["file"].removesuffix(".py"): Example(match["file"], match["code"], match["study"])
    for match in re.finditer(
        r"^`(?P<file>\w+\.py)`:\n\n```python\n(?P<code>.*?)```\n"
        r".*?```yaml\n(?P<study>.*?)```",
        PAGE,
        re.DOTALL | re.MULTILINE,
    )
}
CHECKS: Mapping[str, Callable[[TrialConfig], Any]] = {
    "soft_margin": lambda config: check_loss(config.loss),
    "root": lambda config: check_form(forms[config.incay.form]),
    "logit_ring": lambda config: check_form(forms[config.incay.form]),
    "tiny": lambda config: check_network(config.network),
    "signed": lambda config: "signed" not in check_optimizer(config.optimizer),
    "exponential": lambda config: check_schedule(config.schedule),
    "npz": lambda config: check_dataset(config.dataset, DATA),
    "shade": lambda config: check_augmentation(config.augment.policy),
}


@pytest.fixture(autouse=True)
def _folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.chdir(tmp_path)
    yield
    withdraw()


def test_the_page_has_an_example_of_each_kind() -> None:
    assert EXAMPLES.keys() == CHECKS.keys()
    assert PAGE.count("```python") == len(EXAMPLES)


@pytest.mark.parametrize("name", EXAMPLES)
def test_an_example_is_short_and_clean(name: str) -> None:
    code = EXAMPLES[name].code
    assert len(code.splitlines()) <= MOST_LINES
    imported = re.findall(r"^from (incay\S*) import", code, re.MULTILINE)
    assert imported == ["incay.components"]
    for command in (["check"], ["format", "--check"]):
        checked = subprocess.run(
            [sys.executable, "-m", "ruff", *command, "--stdin-filename", f"study/{name}.py", "-"],
            cwd=ROOT,
            input=code,
            capture_output=True,
            text=True,
            check=False,
        )
        assert checked.returncode == 0, checked.stdout + checked.stderr


@pytest.mark.parametrize("name", EXAMPLES)
def test_an_example_trains_on_digits(name: str) -> None:
    config, fingerprint = _trained(EXAMPLES[name])
    assert name in code_files(config), "its code must count in the fingerprint"
    assert not CHECKS[name](config)
    registered = re.search(r"(?:name|form|kind): ([\w-]+)", EXAMPLES[name].study)
    assert registered is not None
    assert registered[1] in methods_markdown()
    assert fingerprint


def test_a_kept_model_is_loaded_once_its_file_is_imported(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config, fingerprint = _trained(EXAMPLES["soft_margin"])
    withdraw()
    monkeypatch.syspath_prepend(tmp_path)
    importlib.import_module("soft_margin")
    try:
        model = load_model("results", fingerprint)
        assert len(model.predict(config.dataset.load(None).train.images[:5])) == 5
    finally:
        del sys.modules["soft_margin"]
        for registry in REGISTRIES.values():
            registry.withdraw(["soft_margin"])


def _trained(example: Example) -> tuple[TrialConfig, str]:
    """Return the configuration and fingerprint of a trial of five steps with an example."""
    Path(example.file).write_text(example.code)
    write_digits(DATA / "birds.npz")
    values = {
        "dataset": "dataset: digits",
        "network": "network: {name: mnist-2d, width: 0.3, dimension: 4}",
        "loss": "loss: softmax",
        "incay": "incay: {}",
        "optimizer": "optimizer: {lr: 0.001}",
    }
    values[example.study.split(":")[0]] = example.study.strip()
    base = "\n".join(f"  {line}" for line in values.values())
    Path("study.yaml").write_text(
        f"name: extended\nuses: [{example.file}]\nbase:\n{base}\n"
        "  steps: 5\n  batch_size: 16\n  reports: 1\nconfirm: {seeds: 1}\n"
    )
    document = load_document(Path("study.yaml"))
    code = use_own_code(document)
    data = DataCatalog(DATA)
    trial = Planner(parse_study(document, code), data).confirm_trials()[0]
    config = trial.config
    task = TrialTask(trial.fingerprint, config, data.hash(config.dataset), keep_model=True)
    record = train(task, data.load(config.dataset), Store("results"), torch.device("cpu"))
    assert (record.status, record.step) == ("completed", 5), record
    assert "test.error" in record.metrics
    return config, trial.fingerprint


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
