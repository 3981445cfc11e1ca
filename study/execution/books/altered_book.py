"""Whether what a run's book says is what its document asks for: the checksum can be made anew."""

from __future__ import annotations

import dataclasses
import json
from typing import Any

from incay.study.errors import UserError
from incay.study.execution.books.ledger import study_book
from incay.study.spec.paths import ANYWHERE
from incay.study.spec.reading.document import Document
from incay.study.spec.study import parse_study
from incay.trainables import names
from incay.trainables.store.books import Books
from incay.trainables.store.shapes import StudyBook

_HELD = (
    *("name", "question", "table", "columns", "protocol", "baseline", "factor", "objective"),
    *("budget", "replicates", "looks", "spending", "repetitions", "diverged_policy"),
)
"""What a document decides alone. Settings of arms do not stand here: trials are held to them."""


def altered_book(books: Books) -> str:
    """Return in what a run's book is not what its document asks for, empty where it is.

    What this version would refuse, or needs code of the user's own, is not looked at.

    Raises:
        RecordError: The book is damaged.
    """
    book = books.study()
    if book is None or not book.document:  # an earlier version's
        return ""
    document = Document(book.name, json.loads(json.dumps(book.document)), data_root=ANYWHERE)
    if document.run != books.run:
        return _told(books, f"the document of run {books.run}", f"that of {document.run}")
    try:
        asked = study_book(parse_study(document))
    except UserError:
        return ""
    wanted, found = _decided(asked), _decided(book)
    if not book.looks:  # as in books of earlier versions
        wanted.pop("looks")
        found.pop("looks")
    for name in {**wanted, **found}:
        if wanted.get(name) != found.get(name):
            should = f"{name}: {json.dumps(wanted.get(name))}, as its document does"
            return _told(books, should, json.dumps(found.get(name)))
    return ""


def _decided(book: StudyBook) -> dict[str, Any]:
    """Return what a book says that its document decides, by dotted name."""
    values = json.loads(json.dumps(dataclasses.asdict(book), default=str))
    arms = {
        arm["name"]: {"difference": arm["difference"], "search": arm["search"]}
        for arm in values["arms"]
    }
    return names.flatten({**{name: values[name] for name in _HELD}, "arms": arms})


def _told(books: Books, wanted: str, found: str) -> str:
    where = f"{books.where}/study.json"
    return f"{where} must say {wanted}, but says {found}: it was made up or altered"
