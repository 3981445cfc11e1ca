"""Places of results that no store can have are refused in one message, whatever their names."""

from __future__ import annotations

from pathlib import Path

import pytest

from incay.trainables.errors import UserError
from incay.trainables.store.opening import open_store


@pytest.mark.parametrize(
    ("place", "message"),
    [
        ("results\udcff", "no text in UTF-8"),
        ("file:///tmp/\udcff", "no text in UTF-8"),
        ("s3://bucket\udcff", "no text in UTF-8"),
        ("s3://", "names no bucket"),
        ("gs:///", "names no bucket|Missing bucket name|Path cannot"),
        ("s3:/bucket", r"// follows a URI's scheme; a directory of that name is \./s3:/bucket"),
        ("file:results", "// follows a URI's scheme"),
        ("ftp://host/path", "Unrecognized filesystem type"),
        ("mock://x/y", "gone with the process"),
    ],
)
def test_what_is_no_place_is_refused(place: str, message: str) -> None:
    with pytest.raises(UserError, match=message) as refused:
        open_store(place)
    assert str(refused.value).startswith("--results must be a directory or a URI such as s3://")


def test_a_folder_may_be_called_like_a_scheme(tmp_path: Path) -> None:
    store = open_store(f"{tmp_path}/s3:/bucket")
    assert str(store.local_root) == f"{tmp_path}/s3:/bucket"
