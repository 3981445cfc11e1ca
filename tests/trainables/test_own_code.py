"""What fingerprints ask of this package's own code holds for all of it."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest
from programs import python

from incay import trainables
from incay.trainables.config import COMPONENTS
from incay.trainables.incay import forms
from incay.trainables.source.code import reached
from incay.trainables.source.versions import SCOPE

PACKAGE = Path(trainables.__file__ or "").parent


def test_every_component_can_be_followed() -> None:
    classes = [cls for registry in COMPONENTS.values() for cls in registry.values()]
    for cls in [*classes, *forms.values()]:
        assert cls.__module__ in reached([cls.__module__], SCOPE)


def test_to_trace_code_is_not_to_import_it(tmp_path: Path) -> None:
    statement = (
        "import sys\n"
        "from incay.trainables.config import TrialConfig\n"
        "from incay.trainables.fingerprint import code_version\n"
        "code_version(TrialConfig())\n"
        "assert not {'torch', 'scipy', 'pandas', 'ray'} & set(sys.modules)\n"
    )
    done = python("-c", statement, cwd=tmp_path)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("path", sorted(PACKAGE.rglob("*.py")), ids=lambda path: path.stem)
def test_to_import_a_file_of_trainables_changes_nothing_elsewhere(path: Path) -> None:
    """Every file of a registry's folder is imported, whether a trial's code reaches it or not."""
    for statement in ast.parse(path.read_text("utf-8")).body:
        told = f"{path}:{statement.lineno}: {ast.unparse(statement):.80}"
        if isinstance(statement, ast.Assign):
            names = [name for target in statement.targets for name in ast.walk(target)]
            assert not any(isinstance(each, ast.Attribute | ast.Subscript) for each in names), told
        elif isinstance(statement, ast.Expr):
            assert isinstance(statement.value, ast.Constant), told
        elif isinstance(statement, ast.If):
            assert ast.unparse(statement.test) == "TYPE_CHECKING", told
        else:
            defining = (ast.FunctionDef, ast.ClassDef, ast.AnnAssign, ast.Import, ast.ImportFrom)
            assert isinstance(statement, defining), told
