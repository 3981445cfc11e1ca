"""The pages name modules, files and commands that there are, and link to pages that there are."""

from __future__ import annotations

import importlib
import re
from importlib.util import find_spec
from pathlib import Path

import pytest

from incay.study.cli import app

ROOT = Path(__file__).parents[1]
PATHS = (ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md")))
PAGES = {path.relative_to(ROOT).as_posix(): path.read_text("utf-8") for path in PATHS}
FOLDERS = ("study", "trainables", "analysis", "tests", "benchmarks", "docs")
FILES = [
    path.relative_to(ROOT).as_posix()
    for path in (
        *ROOT.glob("*.*"),
        *(each for name in FOLDERS for each in (ROOT / name).rglob("*.*")),
    )
]

MODULE = re.compile(
    r"\bincay\.(?:study|trainables|analysis)\.\w+(?:\.\w+)*|\bbenchmarks\.(?!md\b)\w+"
)
PATH = re.compile(rf"(?<![\w./-])(?:{'|'.join(FOLDERS)})/[\w./-]*\w/?")
FILE = re.compile(r"`([\w/]+\.(?:py|toml|yaml))`")
LINK = re.compile(r"\]\(([^)#]*)(?:#([\w-]+))?\)")
COMMAND = re.compile(r"(?:^    |`)incay ([a-z]+)\b", re.MULTILINE)
EXAMPLE = re.compile(r"^`(\S+\.py)`:\n\n```python$", re.MULTILINE)
"""A file that own-components.md shows."""
TO_ADD = "NAME"
"""Stands for the name of a file that somebody adds."""
OF_USERS = {"study.py", "mine.py", "test_mine.py"}
"""Files that a page speaks of and that are not the project's."""


def is_module(name: str) -> bool:
    """Return whether a dotted name is a module."""
    try:
        return find_spec(name) is not None
    except ModuleNotFoundError:  # its parent is no package
        return False


def is_attribute(name: str) -> bool:
    """Return whether a dotted name is a name in a module."""
    parent, _, last = name.rpartition(".")
    return is_module(parent) and hasattr(importlib.import_module(parent), last)


def is_path(path: str) -> bool:
    """Return whether a path leads somewhere; of a file that is to be added its folder must."""
    target = ROOT / path
    return target.parent.is_dir() if target.stem == TO_ADD else target.exists()


def is_file(name: str) -> bool:
    """Return whether a file lies anywhere in the project, by its name or the end of its path."""
    return Path(name).stem == TO_ADD or any(f"/{path}".endswith(f"/{name}") for path in FILES)


@pytest.mark.parametrize("page", PAGES)
def test_modules_exist(page: str) -> None:
    named = set(MODULE.findall(PAGES[page]))
    assert [name for name in named if not (is_module(name) or is_attribute(name))] == []


@pytest.mark.parametrize("page", PAGES)
def test_paths_exist(page: str) -> None:
    named = set(PATH.findall(PAGES[page])) - set(EXAMPLE.findall(PAGES[page]))
    assert [path for path in named if not is_path(path)] == []


@pytest.mark.parametrize("page", PAGES)
def test_files_that_are_named_without_their_folder_exist(page: str) -> None:
    named = set(FILE.findall(PAGES[page])) - set(EXAMPLE.findall(PAGES[page])) - OF_USERS
    assert [name for name in named if not is_file(name)] == []


@pytest.mark.parametrize("page", PAGES)
def test_links_lead_somewhere(page: str) -> None:
    for target, heading in LINK.findall(PAGES[page]):
        if "://" in target:
            continue
        path = (ROOT / page).parent / target if target else ROOT / page
        assert path.exists(), target
        if heading:
            titles = re.findall(r"^#+ (.*)$", path.read_text("utf-8"), re.MULTILINE)
            anchors = {re.sub(r"[^\w-]", "", each.lower().replace(" ", "-")) for each in titles}
            assert heading in anchors, heading


@pytest.mark.parametrize("page", PAGES)
def test_commands_exist(page: str) -> None:
    known = {command.callback.__name__ for command in app.registered_commands if command.callback}
    known |= {group.name for group in app.registered_groups if group.name}
    assert set(COMMAND.findall(PAGES[page])) - known == set()


def test_what_is_not_there_is_noticed() -> None:
    text = "".join(PAGES.values())
    for pattern in (MODULE, PATH, FILE, LINK, COMMAND, EXAMPLE):
        assert len(pattern.findall(text)) > 3, pattern
    assert is_attribute("incay.trainables.worker.model.load_model")
    assert not is_attribute("incay.trainables.worker.model.lode_model")
    assert not is_module("incay.study.arms")
    assert not is_module("incay.study.arms.grid")
    assert not is_path("analysis/published/")
    assert not is_file("overview.py")
