"""The wheel: built from a checkout, and all that a user does with nothing else at hand."""

from __future__ import annotations

import shutil
import subprocess
import sys
import sysconfig
import venv
import zipfile
from pathlib import Path

import pytest
from programs import ROOT

from incay.study.cluster.package import PACKAGE, package_files

PARTS = (".src", "study", "trainables", "analysis")
LOSS = """\
from dataclasses import dataclass

from incay.components import ClassifierLoss, Loss, LossSettings, register_loss


@register_loss("mine")
@dataclass(frozen=True, kw_only=True)
class MineSettings(LossSettings):
    "Softmax whose target logit is doubled in training."

    def build(self, num_features: int, num_classes: int) -> Loss:
        return Mine(num_features, num_classes)


class Mine(ClassifierLoss):
    def target_logit(self, target_B, *rest):
        return 2.0 * target_B
"""
STUDY = """\
name: own
uses: [mine.py]
base: {dataset: digits, network: {name: mnist-2d, width: 0.3}, steps: 8, reports: 2, batch_size: 32}
arms: {Softmax: {}, Mine: {loss: mine}}
confirm: {seeds: 1}
"""
SENT = """\
from pathlib import Path
from incay.study.cluster.package import package_files, packaged
with packaged(Path("own.yaml")) as folder:
    print(sum(1 for _ in folder.rglob("*.py")), (folder / "own.yaml").is_file())
"""


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel of this checkout, built from a copy of it: building writes into the tree."""
    folder = tmp_path_factory.mktemp("wheel")
    checkout = folder / "checkout"
    for part in PARTS:
        unwanted = shutil.ignore_patterns("__pycache__", "*.egg-info")
        shutil.copytree(ROOT / part, checkout / part, symlinks=True, ignore=unwanted)
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, checkout)
    options = ["--no-deps", "--no-build-isolation", "--no-index", "--quiet"]
    command = [sys.executable, "-m", "pip", "wheel", *options, "-w", str(folder), str(checkout)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    (found,) = folder.glob("incay-*.whl")
    return found


def test_it_holds_all_that_the_checkout_has(wheel: Path) -> None:
    held = {name for name in zipfile.ZipFile(wheel).namelist() if name.startswith("incay/")}
    ours = {str(Path("incay", path.relative_to(PACKAGE))) for path in package_files(PACKAGE)}
    assert "incay/components.py" in held
    assert ours <= held, sorted(ours - held)[:10]


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The ``bin`` of an environment with the wheel; what it depends on is shared with this one."""
    folder = tmp_path_factory.mktemp("environment")
    venv.create(folder, with_pip=False)
    python = folder / "bin" / "python"
    options = ["--no-deps", "--no-index", "--quiet"]
    command = [sys.executable, "-m", "pip", "--python", str(python), "install", *options]
    done = subprocess.run([*command, str(wheel)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    shared = dict.fromkeys(path for path in sys.path if path.endswith("site-packages"))
    shared[sysconfig.get_path("purelib")] = None
    (site,) = folder.glob("lib/python*/site-packages")
    # Plain lines: what these folders' own .pth files add, such as a checkout, is not added.
    (site / "shared.pth").write_text("\n".join(shared))
    return python.parent


@pytest.mark.long
def test_an_empty_folder_and_the_wheel_are_enough(installed: Path, tmp_path: Path) -> None:
    def run(program: str, *arguments: str) -> str:
        done = subprocess.run(
            [str(installed / program), *arguments],
            cwd=tmp_path,
            env={"PATH": "/usr/bin:/bin", "HOME": str(tmp_path)},
            capture_output=True,
            text=True,
            timeout=500,
            check=False,
        )
        assert done.returncode == 0, (arguments, done.stderr)
        return done.stdout

    where = run("python", "-c", "import incay; print(incay.__file__)").strip()
    assert Path(where).is_relative_to(installed.parent)
    small = ("--set", "steps=10", "--set", "budget.trials=1", "--seeds", "1")
    assert "cifar-sgd-cosine" in run("incay", "recipes")
    run("incay", "run", "quickstart", *small)
    assert "Momentum" in run("incay", "table", "quickstart", *small)
    run("incay", "report", "quickstart", *small, "--output", "report.html")
    assert "<svg" in (tmp_path / "report.html").read_text(encoding="utf-8")
    (tmp_path / "mine.py").write_text(LOSS)
    (tmp_path / "own.yaml").write_text(STUDY)
    code = "import incay; print(len(incay.run('own.yaml', results='r').to_pandas()))"
    assert run("python", "-c", code).split()[-1] == "2"
    count, sent = run("python", "-c", SENT).split()
    assert int(count) >= sum(path.suffix == ".py" for path in package_files(PACKAGE))
    assert sent == "True"
