"""What only explains is written anew where it cannot be read, and ends nothing."""

from __future__ import annotations

from pathlib import Path

import pytest

from incay.trainables.store.files import Files
from incay.trainables.store.kept import (
    code_modules,
    keep_code_modules,
    keep_own_modules,
    own_modules,
)


@pytest.mark.parametrize("values", [{"a": 5}, {"a": {"text": 5}}, {"modules": 3}])
def test_code_of_another_shape_is_unknown_and_kept_anew(tmp_path: Path, values: object) -> None:
    files = Files(tmp_path)
    for path in ("code/c1.json", "code/own/d1.json"):
        files.write_json(path, values)  # type: ignore[arg-type]
    assert code_modules(files, "c1") is None
    assert own_modules(files, "d1") is None
    keep_code_modules(files, "c1", {"incay.a": "0"})
    keep_own_modules(files, "d1", {"modules": {"a": {"text": "x"}}})
    assert code_modules(files, "c1") == {"incay.a": "0"}
    found = own_modules(files, "d1")
    assert found is not None
    assert found.modules["a"].text == "x"
