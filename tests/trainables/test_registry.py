from __future__ import annotations

import importlib
import sys
from pathlib import Path

import pytest

import incay
from incay.analysis.figures import figures
from incay.analysis.output.renderers import renderers
from incay.analysis.tables import tables
from incay.trainables.config import COMPONENTS
from incay.trainables.errors import UserError
from incay.trainables.incay import forms
from incay.trainables.registry import (
    DefinitionRegistry,
    Registry,
    UnknownNameError,
    registered_keyword,
    registered_names,
)

PACKAGE = Path(incay.__file__ or "").parent
FOLDERS = {
    "trainables/losses": COMPONENTS["loss"],
    "trainables/networks": COMPONENTS["network"],
    "trainables/data": COMPONENTS["dataset"],
    "trainables/optimizers": COMPONENTS["optimizer"],
    "trainables/schedules": COMPONENTS["schedule"],
    "trainables/incay": forms,
    "analysis/tables": tables,
    "analysis/figures": figures,
    "analysis/output/renderers": renderers,
}


@pytest.mark.parametrize("folder", FOLDERS)
def test_names_are_read_without_importing(folder: str) -> None:
    assert registered_names(PACKAGE / folder) == list(FOLDERS[folder])


def test_suffixes_are_read_without_importing() -> None:
    suffixes = registered_keyword(PACKAGE / "analysis/output/renderers", "suffix")
    assert suffixes == {name: each.suffix for name, each in renderers.items()}
    assert registered_keyword(PACKAGE / "trainables/losses", "suffix") == {}


@pytest.mark.parametrize("folder", FOLDERS)
def test_an_unknown_name_is_told_to_the_user_with_the_nearest(folder: str) -> None:
    registry = FOLDERS[folder]
    name = next(iter(registry))
    with pytest.raises(UserError, match=rf"must be one of .*did you mean '{name}'") as raised:
        registry[f"{name}x"]
    assert raised.value.exit_code == 2
    assert f"{name}x" not in registry


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A package with a registry of classes, one of definitions, and a helper."""
    folder = tmp_path / "planted_registry"
    folder.mkdir()
    (folder / "__init__.py").write_text(
        "from incay.trainables.registry import DefinitionRegistry, Registry\n"
        "classes = Registry('class', __name__)\n"
        "plain = DefinitionRegistry('definition', __name__)\n"
        "register_class, register_plain = classes.register, plain.register\n"
    )
    (folder / "one.py").write_text(
        "from planted_registry import register_class, register_plain\n"
        "from planted_registry.helper import NUMBER\n"
        "@register_class('one')\nclass One: pass\n"
        "register_plain('first', 'also-first')(NUMBER)\n"
    )
    (folder / "helper.py").write_text("NUMBER = 1\n")
    monkeypatch.syspath_prepend(tmp_path)
    yield folder.name
    for module in [name for name in sys.modules if name.startswith(folder.name)]:
        del sys.modules[module]


def test_files_are_found_and_helpers_register_nothing(package: str) -> None:
    planted = importlib.import_module(package)
    assert list(planted.classes) == ["one"]
    assert planted.classes["one"].name == "one"
    assert dict(planted.plain) == {"first": 1, "also-first": 1}


def test_a_name_is_registered_once() -> None:
    registry: Registry[object] = Registry("thing", "json")
    registry.register("a")(type("First", (), {}))
    with pytest.raises(ValueError, match=r"'a' belongs to .*First and came again from .*Second"):
        registry.register("a")(type("Second", (), {}))
    plain: DefinitionRegistry[int] = DefinitionRegistry("number", "json")
    plain.register("a", "b")(1)
    with pytest.raises(ValueError, match="'b' belongs to 1 and came again from 2"):
        plain.register("b")(2)


def test_an_unknown_name_is_a_value_error_of_its_own() -> None:
    with pytest.raises(UnknownNameError):
        COMPONENTS["loss"]["nonsense"]
