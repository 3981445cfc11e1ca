"""A study reads from packs as it read from single records: each table and figure, to the byte."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from incay.analysis import load, render, table
from incay.analysis.errors import AnalysisError
from incay.analysis.figures.building import every_figure
from incay.analysis.results.study import StudyResults
from incay.analysis.tables import tables
from incay.trainables.store.packs import packing


def shown(results: StudyResults) -> dict[str, str]:
    """Return every table as its renderers write it, and the data of every figure."""
    found = {"trials": str(results.to_arrow().to_pylist())}
    for name in tables:
        for form in ("terminal", "csv", "latex", "markdown"):
            try:
                found[f"{name} {form}"] = render(table(results, name), form)
            except AnalysisError as error:
                found[name] = str(error)
    for name, made in every_figure(results).items():
        is_made = not isinstance(made, AnalysisError)
        found[f"figure {name}"] = str(made.data.to_pylist()) if is_made else str(made)
    return found


@pytest.mark.parametrize("name", ["confirmed", "searched", "looked"])
def test_a_packed_study_shows_the_same(
    name: str,
    request: pytest.FixtureRequest,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    before: StudyResults = request.getfixturevalue(name)
    shutil.copytree(before.store.root, tmp_path / "results")
    names = {trial.fingerprint for trial in before.trials if trial.record is not None}
    monkeypatch.setattr(packing, "SIZE", len(names) // 2)
    fresh = load(tmp_path / "results", before.name, before.run)
    plain = shown(fresh)
    assert fresh.store.pack(sorted(names)) >= 2 * (len(names) // 2)
    packed = load(tmp_path / "results", before.name, before.run)
    assert not list(tmp_path.glob("results/trials/*/*/record.json"))[1:]
    assert shown(packed) == plain
    assert [trial.status for trial in packed.trials] == [trial.status for trial in fresh.trials]
