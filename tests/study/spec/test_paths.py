"""Paths in a study: absolute and relative roots are compared as what they are."""

from __future__ import annotations

from pathlib import Path

import pytest
from in_process import incay

from incay.study.spec.paths import ANYWHERE, leaves
from tests.trainables.data.data_cases import CASES


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A data root, relative; it is linked from ``linked`` as well."""
    (tmp_path / "data" / "images").mkdir(parents=True)
    (tmp_path / "linked").symlink_to("data")
    (tmp_path / "data-old").mkdir()
    monkeypatch.chdir(tmp_path)
    return Path("data")


def test_an_absolute_path_below_a_relative_root(root: Path) -> None:
    inside = str(root.absolute() / "weights.npz")
    assert not leaves(inside, root)
    assert not leaves(inside, root.absolute())
    assert not leaves(inside, Path("linked"))
    assert not leaves(str(Path("linked").absolute() / "weights.npz"), root)
    assert not leaves(str(root.absolute() / "images" / ".." / "weights.npz"), root)
    assert not leaves(inside, ANYWHERE)


def test_what_lies_elsewhere_is_refused(root: Path) -> None:
    base = root.absolute()
    for path in ("/etc/passwd", f"{base}-old/x", str(base / ".." / "x"), str(base.parent)):
        assert leaves(path, root), path
        assert leaves(path, None), path
    assert leaves(str(base / "x"), None)
    for path in ("../x", "a/../../x", "..\\x", "C:\\data", "\\\\host\\share", "C:x"):
        assert leaves(path, root), path


def test_what_goes_up_behind_a_link_is_refused(root: Path, tmp_path: Path) -> None:
    (tmp_path / "elsewhere" / "deep").mkdir(parents=True)
    (root / "link").symlink_to(tmp_path / "elsewhere" / "deep")
    assert not leaves(str(root.absolute() / "link" / "x"), root)
    assert leaves(str(root.absolute() / "link" / ".." / "x"), root)


def test_names_that_are_no_paths_are_left_alone(root: Path) -> None:
    for value in ("relu", "a.b", "1..2", "images/train", "…", ""):
        assert not leaves(value, root), value
        assert not leaves(value, None), value


def test_commands_compare_so_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    CASES["image_folder"].write(tmp_path / "data")
    monkeypatch.chdir(tmp_path)
    folder = tmp_path / "data" / "images"
    verify = ("data", "verify", "image_folder", "--set", f"dataset.folder={folder}")
    done = incay(*verify, "--data-root", "data")
    assert done.code == 0, done.err
    (tmp_path / "study.yaml").write_text(
        f"name: own\nbase:\n  dataset: {{name: image_folder, folder: {folder}, grey: true}}\n"
        "  dataset.size: [16, 16]\n"
        "  network: {name: mnist-2d, width: 0.1}\n  steps: 2\n  batch_size: 4\n"
    )
    plan = ("plan", "study.yaml", "--no-probe", "--data-root")
    assert incay(*plan, "data").code == 0
    (tmp_path / "other").mkdir()
    refused = incay(*plan, "other")
    assert refused.code == 2
    assert "dataset.folder must stay below the data root (other), but is" in refused.err
