"""What a run renames while another command looks at its folder is no error."""

from __future__ import annotations

from pathlib import Path

import pytest

from incay.study.privacy import changeable_inside


def test_a_file_that_is_gone_when_it_is_looked_at(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "there").touch()
    listed = [tmp_path / "gone", tmp_path / "there"]
    monkeypatch.setattr(Path, "iterdir", lambda _: iter(listed))
    assert changeable_inside(tmp_path, 1) is None
    (tmp_path / "there").chmod(0o666)
    assert "can be written by others" in str(changeable_inside(tmp_path, 1))
