"""A file that a setting names is part of the trial: another content is another fingerprint."""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from incay.study.planning.data_catalog import DataCatalog
from incay.trainables.config import TrialConfig
from incay.trainables.data import DataError
from incay.trainables.networks.mnist_2d import MNIST2DSettings
from incay.trainables.store.naming import fingerprint_of


@dataclass(frozen=True, kw_only=True)
class Pretrained(MNIST2DSettings):
    """A network that starts from weights in a file."""

    weights: str = ""


def config(weights: str) -> TrialConfig:
    return TrialConfig(network=Pretrained(weights=weights))


@pytest.mark.parametrize("absolute", [False, True])
def test_the_content_of_a_named_file_counts(absolute: bool, tmp_path: Path) -> None:
    file = tmp_path / "weights.npz"
    file.write_bytes(b"one")
    asked = config(str(file) if absolute else "weights.npz")
    first = DataCatalog(tmp_path).hash_for(asked)
    assert DataCatalog(tmp_path).hash_for(asked) == first
    file.write_bytes(b"two")
    second = DataCatalog(tmp_path).hash_for(asked)
    assert first != second
    names = {fingerprint_of(asked.to_dict(), content, "code") for content in (first, second)}
    assert len(names) == 2


def test_a_file_where_the_trial_runs_counts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    without = DataCatalog(None).hash_for(config("weights.npz"))
    Path("weights.npz").write_bytes(b"one")
    assert DataCatalog(None).hash_for(config("weights.npz")) != without


def test_nothing_else_changes_a_hash(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "softmax").write_bytes(b"no setting's file")
    (tmp_path / "folder.d").mkdir()
    data = DataCatalog(tmp_path)
    for named in ("", "softmax", "folder.d", "nowhere.npz", "x" * 5000 + ".npz", "\0.npz"):
        asked = config(named)
        assert data.hash_for(asked) == data.hash(asked.dataset), named[:20]
    plain = TrialConfig()
    assert data.hash_for(plain) == data.hash(plain.dataset)
    assert data.hash_for(replace(plain, steps=3)) == data.hash(plain.dataset)


def test_what_has_no_end_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "weights.npz"
    os.mkfifo(file)
    with pytest.raises(DataError, match=r"network\.weights must name a regular file, .* is a pipe"):
        DataCatalog(tmp_path).hash_for(config("weights.npz"))
    file.unlink()
    file.symlink_to("/dev/zero")
    with pytest.raises(DataError, match=r"must name a regular file, .* is a device"):
        DataCatalog(tmp_path).hash_for(config("weights.npz"))
    file.unlink()
    with file.open("wb") as opened:
        opened.truncate(10**13)
    with pytest.raises(DataError, match=r"must fit into memory .* has 10,000\.0 GB"):
        DataCatalog(tmp_path).hash_for(config("weights.npz"))
