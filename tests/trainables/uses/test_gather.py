"""Which files a user's code consists of, and which are refused. Nothing of them is imported."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from incay.trainables.uses import OwnCodeError, gather


def write(folder: Path, **files: str) -> None:
    for name, text in files.items():
        path = folder / f"{name.replace('__', '/', 1)}.py"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


@pytest.mark.parametrize(
    ("named", "expected"),
    [
        (["mine.py"], {"mine", "near", "package", "package.deep"}),
        (["mine"], {"mine", "near", "package", "package.deep"}),
        (["package"], {"package", "package.other"}),
        (["package.deep"], {"package", "package.other", "package.deep"}),
    ],
)
def test_what_is_imported_from_beside_comes_along(named, expected, tmp_path):
    write(
        tmp_path,
        mine="import json\ndef late():\n    from near import f\n    import package.deep\n",
        near="import torch",
        package__deep="from . import deep",
        left_out="",
    )
    (tmp_path / "package" / "__init__.py").write_text("from .other import f\n")
    (tmp_path / "package" / "other.py").write_text("def f(): ...\n")
    found = gather(named, tmp_path)
    assert found.entries == (named[0].removesuffix(".py"),)
    assert set(found.modules) == expected | {"package.other"}.intersection(found.modules)
    assert "left_out" not in found.modules


def test_the_digest_is_of_names_and_texts_and_not_of_places(tmp_path):
    for folder in ("one", "two", "three"):
        write(tmp_path / folder, mine="x = 1\n")
    write(tmp_path / "three", mine="x = 2\n")
    one, two, three = (gather(["mine.py"], tmp_path / name) for name in ("one", "two", "three"))
    assert one.digest == two.digest != three.digest
    assert str(tmp_path) not in str(one.to_dict())


@pytest.mark.parametrize(
    ("named", "expected"),
    [
        ("absent.py", "absent.py must be a Python file or a package in the study's folder"),
        ("../outside.py", "must lie in the study's folder, or be named by --uses"),
        ("link.py", "must lie in the study's folder, or be named by --uses"),
        ("linking.py", "linking.py:1: "),
        ("linked", "must lie in the study's folder, or be named by --uses"),
        ("far.sub.outside", "must lie in the study's folder, or be named by --uses"),
        ("text.txt", "text.txt must end in .py"),
        ("two-words.py", "must have the name of a Python module"),
        ("class.py", "must have the name of a Python module"),
        ("empty", "must hold Python files, but has none"),
        ("json.py", "must have a name that no installed module has, but 'json' is one"),
        ("torch.py", "must have a name that no installed module has, but 'torch' is one"),
        ("incay.py", "must have a name that no installed module has, but 'incay' is one"),
        ("random", "must have a name that no installed module has, but 'random' is one"),
        ("shadowing.py", "shadowing.py:2: "),
        ("unfinished.py", "unfinished.py:3: the file must be Python"),
        ("latin.py", "latin.py must be readable Python, but: "),
        ("null.py", "must be Python"),
        ("pipe.py", "pipe.py must be a file, but is a pipe or a device"),
        ("large.py", "large.py must have at most 8 MiB"),
        ("sys", "must be a Python file or a package in the study's folder"),
    ],
)
def test_what_cannot_be_used_is_refused(named, expected, tmp_path):
    folder = tmp_path / "study"
    write(tmp_path, outside="")
    write(
        folder,
        shadowing="import os\nimport string\n",
        string="",
        unfinished="\n\ndef f(:\n",
        null="x = 1\0",
        json="",
        torch="",
        incay="",
        random="",
    )
    (folder / "link.py").symlink_to(tmp_path / "outside.py")
    (folder / "helper.py").symlink_to(tmp_path / "outside.py")
    (folder / "linking.py").write_text("import helper\n")
    for package in ("linked", "far"):
        (folder / package).mkdir()
    (folder / "linked" / "__init__.py").symlink_to(tmp_path / "outside.py")
    (folder / "far" / "sub").symlink_to(tmp_path)
    (folder / "text.txt").write_text("")
    (folder / "two-words.py").write_text("")
    (folder / "class.py").write_text("")
    (folder / "empty").mkdir()
    (folder / "latin.py").write_bytes(b"# caf\xe9\n")
    os.mkfifo(folder / "pipe.py")
    with (folder / "large.py").open("wb") as file:
        file.truncate(9 * 2**20)
    with pytest.raises(OwnCodeError) as refused:
        gather([named], folder)
    assert expected in str(refused.value)


def test_what_the_command_line_names_may_lie_anywhere(tmp_path):
    write(tmp_path / "elsewhere", mine="import near", near="")
    found = gather([], tmp_path, [tmp_path / "elsewhere" / "mine.py"])
    assert set(found.modules) == {"mine", "near"}
    write(tmp_path / "other", near="")
    with pytest.raises(OwnCodeError, match="two modules must not have one name, but 'near'"):
        gather([], tmp_path, [tmp_path / "elsewhere" / "mine.py", tmp_path / "other" / "near.py"])


def test_an_installed_package_is_taken_from_where_it_is(tmp_path, monkeypatch):
    write(tmp_path / "site", lab_parts__losses="from lab_parts.core import f\nimport torch\n")
    (tmp_path / "site" / "lab_parts" / "__init__.py").write_text("")
    (tmp_path / "site" / "lab_parts" / "core.py").write_text("import lonely\n")
    (tmp_path / "site" / "lonely.py").write_text("")
    monkeypatch.setattr(sys, "path", [*sys.path, str(tmp_path / "site")])
    (tmp_path / "study").mkdir()
    found = gather(["lab_parts.losses"], tmp_path / "study")
    assert set(found.modules) == {"lab_parts", "lab_parts.core", "lab_parts.losses"}
