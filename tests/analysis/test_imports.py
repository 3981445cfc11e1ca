from __future__ import annotations

import ast
import tomllib
from pathlib import Path

import pytest
from programs import python

from incay import analysis

PACKAGE = Path(analysis.__file__ or "").parent
ROOT = Path(__file__).parents[2]
HEAVY = ("torch", "ray", "mlflow", "optuna", "pandas", "scipy", "matplotlib", "sklearn")
FROM_TRAINABLES = (
    *("errors", "measures", "metrics", "names", "outgoing", "secrets", "variables", "registry"),
    "written",
    "store",
)


def loaded(statement: str) -> set[str]:
    code = f"{statement}\nimport sys\nprint(*sys.modules)"
    done = python("-c", code, cwd=PACKAGE.parent)
    assert done.returncode == 0, done.stderr
    return {name.partition(".")[0] for name in done.stdout.split()}


def test_importing_the_package_loads_nothing_heavy() -> None:
    assert not loaded("import incay.analysis") & {*HEAVY, "pyarrow", "numpy", "rich"}


def test_loading_a_study_needs_arrow_only() -> None:
    assert not loaded("from incay.analysis import load, table, render, verify") & set(HEAVY)


def test_every_public_name_is_there() -> None:
    for name in analysis.__all__:
        assert callable(getattr(analysis, name))
    with pytest.raises(AttributeError, match="no attribute 'tabel'"):
        analysis.tabel  # noqa: B018


@pytest.mark.parametrize(
    "statement",
    [
        "import incay; incay.load",
        "from incay import analysis; analysis.load",
        "from incay import load, table",
        "from incay import study, trainables",
        "import incay; assert {'load', 'figure'} < set(dir(incay))",
    ],
)
def test_the_interface_is_found_by_a_program_that_has_imported_nothing_else(statement: str) -> None:
    done = python("-c", statement, cwd=PACKAGE.parent)
    assert done.returncode == 0, done.stderr


def test_a_name_that_is_not_there_is_said() -> None:
    done = python("-c", "import incay; incay.tabel", cwd=PACKAGE.parent)
    assert "module 'incay' has no attribute 'tabel'. Did you mean: 'table'?" in done.stderr


def test_the_contract_forbids_all_that_is_not_allowed() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    (contract,) = [
        each
        for each in project["tool"]["importlinter"]["contracts"]
        if each["name"].startswith("analysis sees of trainables")
    ]
    children = {each.stem for each in (PACKAGE.parent / "trainables").iterdir()}
    children -= {name for name in children if name.startswith("__")}
    forbidden = {each.removeprefix("incay.trainables.") for each in contract["forbidden_modules"]}
    assert forbidden == children - set(FROM_TRAINABLES)


@pytest.mark.parametrize("path", sorted(PACKAGE.rglob("*.py")), ids=lambda path: path.stem)
def test_only_the_light_modules_of_trainables_are_imported(path: Path) -> None:
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module:
            whole = node.module == "incay.trainables"
            names = [f"{node.module}.{each.name}" if whole else node.module for each in node.names]
        elif isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        else:
            continue
        for name in names:
            assert name.partition(".")[0] not in ("torch", "ray", "mlflow", "optuna")
            assert not name.startswith("incay.study")
            if name.startswith("incay.trainables."):
                assert name.split(".")[2] in FROM_TRAINABLES
