"""pyproject.toml declares what the package imports, and nothing else."""

from __future__ import annotations

import ast
import os
import re
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / ".src" / "incay"
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]

DISTRIBUTIONS = {
    "PIL": "pillow",
    "optuna_dashboard": "optuna-dashboard",
    "ruamel": "ruamel.yaml",
    "sklearn": "scikit-learn",
}
"""Of modules that are not called as what is installed."""
WHERE_INSTALLED = {
    "botocore": "checks a cluster on AWS, which Ray itself starts with boto3 alone",
    "optuna-dashboard": "the extra `dashboard`",
    "safetensors": "the extra of that name",
}
IMPORTED_BY_OTHERS = {"cmaes": "Optuna's sampler of that name"}


def imported() -> set[str]:
    """Return what the package's modules import, wherever in them, by distribution."""
    found: set[str] = set()
    for folder, _, names in os.walk(PACKAGE, followlinks=True):
        for name in names:
            if name.endswith(".py"):
                found |= modules(Path(folder, name).read_text("utf-8"))
    others = found - sys.stdlib_module_names - {"incay"}
    return {DISTRIBUTIONS.get(module, module) for module in others}


def modules(source: str) -> set[str]:
    found = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            found |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            found.add(node.module.partition(".")[0])
    return found


def declared(requirements: list[str]) -> set[str]:
    return {re.split(r"[\[<>=!~; ]", each, maxsplit=1)[0].lower() for each in requirements}


def test_what_is_imported_is_declared_and_nothing_else() -> None:
    wanted = imported() - set(WHERE_INSTALLED)
    assert wanted == declared(PROJECT["dependencies"]) - set(IMPORTED_BY_OTHERS)


def test_what_is_named_here_is_still_so() -> None:
    assert set(WHERE_INSTALLED) <= imported()
    assert set(IMPORTED_BY_OTHERS) <= declared(PROJECT["dependencies"])
    assert not set(IMPORTED_BY_OTHERS) & imported()
    assert declared(PROJECT["optional-dependencies"]["dashboard"]) <= set(WHERE_INSTALLED)
