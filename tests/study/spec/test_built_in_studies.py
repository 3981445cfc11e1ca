"""The built-in studies: every published row has its arm, and every study runs in small as well."""

from __future__ import annotations

from pathlib import Path

import pytest
from in_process import incay

from incay import analysis
from incay.analysis.results.study import Arm, StudyResults
from incay.analysis.tables.layouts.methods import NOT_IN_STUDY
from incay.analysis.tables.layouts.notes.contradictions import contradictions
from incay.study.execution.books.ledger import Ledger, study_book
from incay.study.planning.data_catalog import DataCatalog
from incay.study.planning.trials import Planner
from incay.study.spec.catalog import built_in_studies, find_study
from incay.study.spec.reading.overrides import apply_overrides
from incay.study.spec.study import parse_study
from incay.trainables.store.trials import Store
from tests.trainables.data.data_cases import CASES

STUDIES = [path.stem for path in built_in_studies()]
SMALL = ["network.width=0.25", "steps=200"]
OTHER_SETS = {"MNIST", "CIFAR10", "CIFAR100"}
"""Columns of the tables of error rates, which one study per data set fills."""


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Small files of every data set."""
    folder = tmp_path_factory.mktemp("data")
    for case in CASES.values():
        case.write(folder)
    return folder


def test_there_is_one_for_every_table_with_measured_numbers() -> None:
    from incay.analysis.tables import tables

    filled = {find_study(study).values.get("table") for study in STUDIES}
    printed = {"paper-a-table-8", "paper-b-table-1"}  # networks, which need no study
    assert {name for name in tables if name.startswith("paper-")} - printed <= filled


@pytest.mark.parametrize("study", STUDIES)
def test_plan(study: str, root: Path, tmp_path: Path) -> None:
    # The sets here are smaller than a batch of the papers, and have two images of a class.
    where = ["--set", "batch_size=2", "--set", "split.validation=0.5"]
    where += ["--no-probe", "--data-root", str(root)]
    where += ["--results", str(tmp_path)]
    done = incay("plan", study, *where)
    assert done.code == 0, done.err
    assert " steps in all" in done.out
    small = incay("plan", study, *where, *(f"--set={text}" for text in SMALL))
    assert small.code == 0, small.err


@pytest.mark.parametrize("study", STUDIES)
def test_small_is_small_in_every_arm(study: str) -> None:
    document = find_study(study)
    apply_overrides(document, SMALL)
    for arm in parse_study(document).arms:
        assert arm.config.steps == 200
        assert arm.config.network.width == 0.25


@pytest.mark.parametrize(
    "study", [study for study in STUDIES if find_study(study).values.get("table")]
)
def test_arms_fill_the_published_table(study: str, root: Path, tmp_path: Path) -> None:
    spec = parse_study(find_study(study))
    store = Store(tmp_path)
    ledger = Ledger(store, spec)
    ledger.open()
    ledger.keep(Planner(spec, DataCatalog(root)).confirm_trials(), now=True)
    table = analysis.table(analysis.load(store.uri, spec.name, spec.run))
    columns = {column.key for column in table.columns}
    if columns >= OTHER_SETS:
        (mine,) = {arm.config.dataset.name for arm in spec.arms}
        columns -= {key for key in OTHER_SETS if key.lower() != mine}
    waiting = 0
    for row in table.rows:
        for key in columns & set(row.cells):
            assert row.cells[key].reason != NOT_IN_STUDY, (row.name, key)
            waiting += bool(row.cells[key].reason)
    assert waiting >= len(spec.arms), "every arm must have a cell of the published table"


def test_tables_share_trials(root: Path) -> None:
    """Table 5 asks for nothing that Table 2 has not trained; Tables 3, 4, 6 and 7 share some."""
    found = {}
    for number in ("2-cifar10", "3", "4", "5", "6", "7"):
        spec = parse_study(find_study(f"paper-a-table-{number}"))
        trials = Planner(spec, DataCatalog(root)).confirm_trials()
        found[number] = {trial.fingerprint for trial in trials}
    assert found["5"] < found["2-cifar10"]
    for number, shared in (("3", 4), ("4", 1), ("6", 2), ("7", 1)):
        assert len(found[number] & found["2-cifar10"]) == 5 * shared, number


@pytest.mark.parametrize("study", STUDIES)
def test_no_name_contradicts_its_settings(study: str, tmp_path: Path) -> None:
    book = study_book(parse_study(find_study(study)))
    arms = tuple(Arm(**vars(arm)) for arm in book.arms)
    assert not contradictions(StudyResults(**{**vars(book), "arms": arms}, store=Store(tmp_path)))
