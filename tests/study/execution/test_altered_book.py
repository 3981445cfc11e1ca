"""A study's book that was altered and signed anew is named by `incay verify`."""

from __future__ import annotations

import dataclasses
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from programs import incay

from incay.study.execution.books.altered_book import altered_book
from incay.study.execution.books.ledger import study_book
from incay.study.spec.catalog import built_in_studies
from incay.study.spec.reading.document import load_document
from incay.study.spec.study import parse_study
from incay.trainables.store.books import Books
from incay.trainables.store.runs.known import latest_run
from incay.trainables.store.shapes import Objective, StudyBook
from incay.trainables.store.trials import Store

FORGED: dict[str, Callable[[StudyBook], StudyBook]] = {
    "protocol": lambda book: replace(book, protocol="paper"),
    "objective": lambda book: replace(book, objective=Objective(metric="val.loss")),
    "baseline": lambda book: replace(book, baseline=book.arms[-1].name),
    "name": lambda book: replace(book, name="other"),
    "replicates": lambda book: replace(book, replicates=book.replicates + 1),
    "the document of run": lambda book: replace(book, document={**book.document, "seed": 5}),
    "arms": lambda book: replace(book, arms=book.arms[:1], baseline=book.arms[0].name),
    "diverged_policy": lambda book: replace(book, diverged_policy="worst"),
}


@pytest.mark.parametrize("what", FORGED)
def test_an_altered_book_is_named(what: str, finished: Path, tmp_path: Path) -> None:
    shutil.copytree(finished / "results" / "studies", tmp_path / "studies")
    store = Store(tmp_path)
    books = Books(store, "tiny", latest_run(store, "tiny") or "")
    assert altered_book(books) == ""
    forged = FORGED[what](books.require_study())
    store.write_json(f"{books.folder}/study.json", dataclasses.asdict(forged))
    assert f"study.json must say {what}" in altered_book(books)


@pytest.mark.parametrize("path", built_in_studies(), ids=lambda path: path.stem)
def test_a_book_is_what_its_document_asks_for(path: Path, tmp_path: Path) -> None:
    spec = parse_study(load_document(path))
    books = Books(Store(tmp_path), spec.name, spec.run)
    books.write_study(study_book(spec))
    assert altered_book(books) == ""


def test_verify_names_it(finished: Path, tmp_path: Path) -> None:
    shutil.copytree(finished, tmp_path / "copy")
    folder = tmp_path / "copy"
    assert incay("table", "tiny", "--output", "t.csv", cwd=folder).returncode == 0
    assert incay("verify", "t.csv", cwd=folder).returncode == 0
    store = Store(folder / "results")
    books = Books(store, "tiny", latest_run(store, "tiny") or "")
    forged = replace(books.require_study(), question="Another?")
    store.write_json(f"{books.folder}/study.json", dataclasses.asdict(forged))
    for command in (["t.csv"], ["tiny", "--retrain", "1"]):
        done = incay("verify", *command, cwd=folder)
        assert done.returncode == 1
        assert "study.json must say question" in done.stdout
