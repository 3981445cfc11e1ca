"""Secrets planted wherever one may stand: in nothing that a run prints, keeps or sends."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch
from in_process import incay
from planted import FORMS, contents, leaks, planted, secret
from programs import incay as incay_process
from servers import free_port, mlflow_server
from tasks import task_of

from incay.trainables.config import TrialConfig
from incay.trainables.data.digits import DigitsSettings
from incay.trainables.networks.mnist_2d import MNIST2DSettings
from incay.trainables.store.trials import Store
from incay.trainables.worker.session import train

TEXT, SECRETS = planted()
VARIABLES = {
    "MLFLOW_TRACKING_PASSWORD": secret(500),
    "AWS_SECRET_ACCESS_KEY": f"/{secret(501)}",
    "AWS_SESSION_TOKEN": secret(502),
    "HF_TOKEN": f"hf_{secret(503)}",
    "GITHUB_TOKEN": f"ghp_{secret(504)}",
    "KAGGLE_KEY": secret(505),
    "PGPASSWORD": f'{secret(506)}"\\x',
    "DEPLOY_KEY": f"-----BEGIN PRIVATE KEY-----\n{secret(507)}\n-----END PRIVATE KEY-----",
    "DATABASE_URL": f"mysql://u:{secret(508)}%40x@h/db",
    "INCAY_OPTUNA_STORAGE": f"postgresql+psycopg://u:{secret(509)}@127.0.0.1:1/db",
}
OWN = [secret(number) for number in range(500, 511)]

PARTS = '''\
"""Losses that tell all they know, each in its own way."""

import logging
import os
import sys
import warnings
from dataclasses import dataclass
from pathlib import Path

from incay.components import ClassifierLoss, LossSettings, register_loss


@register_loss("telling")
@dataclass(frozen=True, kw_only=True)
class TellingSettings(LossSettings):
    """Softmax that tells what it knows when it is trained."""

    way: str = "talk"

    def build(self, num_features, num_classes):
        return Telling(num_features, num_classes, self.way)


class Telling(ClassifierLoss):
    def __init__(self, num_features, num_classes, way):
        super().__init__(num_features, num_classes)
        self.way = way

    def target_logit(self, target_B, features_BD, labels_B, step):
        text = Path(os.environ["PLANTED"]).read_text() + "\\n" + repr(dict(os.environ))
        alone = "\\n".join(value for name, value in os.environ.items() if name in text)
        if step >= 2:
            tell(self.way, text + "\\n" + alone)
        return target_B


def tell(way, text):
    if way == "raise":
        try:
            raise RuntimeError(text)
        except RuntimeError as error:
            raise ValueError(text) from error
    if way == "exit":
        sys.exit(text)
    print(text)
    print(text, file=sys.stderr)
    os.write(2, text.encode())
    logging.getLogger("mine").error(text)
    warnings.warn(text)
    if way == "die":
        os._exit(3)
'''

STUDY = """\
name: telling
question: Who tells?
uses: [parts.py]
base:
  dataset: digits
  network: {name: mnist-2d, width: 0.1, dimension: 2}
  optimizer: {lr: 0.01}
  steps: 6
  batch_size: 16
  reports: 3
arms:
  Softmax: {}
  Talks: {loss: telling}
  Raises: {loss: {name: telling, way: raise}}
  Exits: {loss: {name: telling, way: exit}}
  Dies: {loss: {name: telling, way: die}}
search:
  Softmax: {optimizer.weight_decay: log 1e-5 .. 1e-2}
unequal_ranges: true
budget: {trials: 2}
confirm: {seeds: 1}
"""


@pytest.mark.parametrize("form", FORMS)
def test_a_study_that_holds_one_is_refused_without_telling_it(
    form: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Results would keep it, and colleagues read it."""
    monkeypatch.chdir(tmp_path)
    text = form.format(*[secret(1)] * 3)
    values = {"name": "t", "question": text, "base": {"dataset": "digits"}, "arms": {"A": {}}}
    Path("t.yaml").write_text(json.dumps(values))
    told = incay("plan", "t.yaml", "--no-probe")
    assert told.code == 2
    assert told.err.startswith("incay: t.yaml:1: question: a value must hold no password"), told
    assert not leaks([secret(1)], told.out + told.err)
    for option in ("question", "base.dataset", "arms.A.loss"):
        told = incay("plan", "quickstart", "--no-probe", "--set", f"{option}={json.dumps(text)}")
        assert told.code == 2, told
        assert not leaks([secret(1)], told.out + told.err), told


@pytest.mark.parametrize("key", ["password", "dataset.token", "client_secret"])
def test_a_setting_whose_name_announces_one_is_refused(key: str) -> None:
    told = incay("plan", "quickstart", "--set", f"base.{key}={secret(1)}")
    assert told.code == 2
    assert not leaks([secret(1)], told.out + told.err), told


def test_a_trial_that_fails_by_one_does_not_record_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in VARIABLES.items():
        monkeypatch.setenv(name, value)
    values = "\n".join(VARIABLES.values())

    def fail(*_: object, **__: object) -> None:
        raise ValueError(f"{TEXT}\n{values}")

    monkeypatch.setattr("incay.trainables.training.trainer.Trainer.advance", fail)
    network = MNIST2DSettings(width=0.1, dimension=2)
    config = TrialConfig(dataset=DigitsSettings(), network=network, steps=2, reports=1)
    store = Store(tmp_path)
    record = train(task_of(config), config.dataset.load(tmp_path), store, torch.device("cpu"))
    assert record.status == "failed"
    require_none(tmp_path)


def require_none(folder: Path) -> None:
    """Look for every secret in every file."""
    found = {
        f"{path.relative_to(folder)}: {each}"
        for path, text in contents(folder)
        for each in leaks([*SECRETS, *OWN], text)
    }
    assert not found


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, str]]:
    """A folder with all that a run of the study and its programs left; what the run printed."""
    base = tmp_path_factory.mktemp("telling")
    (base / "planted").write_text(TEXT)
    folder = base / "all"
    for name in ("home", "tmp", "served"):
        (folder / name).mkdir(parents=True)
    (folder / "telling.yaml").write_text(STUDY)
    (folder / "parts.py").write_text(PARTS)
    git = ["git", "-C", str(folder)]
    subprocess.run([*git, "init", "-q"], check=True)
    port = free_port()
    places = {
        "HOME": str(folder / "home"),
        "TMPDIR": str(folder / "tmp"),
        "XDG_CACHE_HOME": str(folder / "home"),
        "PLANTED": str(base / "planted"),
        "MLFLOW_TRACKING_URI": f"http://me:{secret(510)}@127.0.0.1:{port}",
    }
    with mlflow_server(folder / "served", port), pytest.MonkeyPatch.context() as patch:
        for name, value in {**VARIABLES, **places}.items():
            patch.setenv(name, value)
        patch.chdir(folder)
        done = incay_process("run", "telling.yaml", cwd=folder, timeout=500)
        assert "4 completed, 3 failed" in done.stdout, done
        yield folder, done.stdout + done.stderr


@pytest.mark.long
def test_no_run_tells_any(run: tuple[Path, str]) -> None:
    folder, told = run
    assert not leaks([*SECRETS, *OWN], told)
    assert "Exits" in told
    assert "Traceback" not in told
    require_none(folder)


@pytest.mark.long
def test_no_command_after_it_does(run: tuple[Path, str]) -> None:
    folder, _ = run
    rows = json.loads(next(folder.glob("results/studies/telling/*/trials.json")).read_text())
    names = {row["arm"]: row["fingerprint"] for row in rows["trials"]}
    commands = [
        *(("status", "telling"), ("table", "telling"), ("report", "telling"), ("methods",)),
        *(("why", names[arm]) for arm in ("Raises", "Exits", "Dies")),
        *(("table", "telling", "--output", f"t.{kind}") for kind in ("csv", "tex", "md", "html")),
        *(("table", "telling", "--output", f"t.{kind}") for kind in ("json", "xlsx")),
        *(("sync", "telling"), ("verify", "t.csv"), ("doctor",), ("compare", "telling", "telling")),
        *(("ui",), ("plan", "telling.yaml", "--no-probe"), ("run", "telling.yaml", "--no-mirror")),
    ]
    for command in commands:
        done = incay_process(*command, cwd=folder)
        assert not leaks([*SECRETS, *OWN], done.stdout + done.stderr), command
        # What a component has raised, with its traceback, is what `why` tells of a failed trial.
        assert command[0] == "why" or "Traceback" not in done.stdout + done.stderr, command
    require_none(folder)
