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
    for name, (wanted, found) in _differences(asked, book).items():
        return _told(books, f"{name} {wanted}, which its document asks for", found)
    return ""


def _differences(asked: StudyBook, book: StudyBook) -> dict[str, tuple[str, str]]:
    held = [name for name in _HELD if name != "looks" or book.looks]  # earlier versions have none
    pairs = {name: (_text(getattr(asked, name)), _text(getattr(book, name))) for name in held}
    pairs |= {
        f"arms.{mine.name}.{name}": (_text(getattr(mine, name)), _text(getattr(theirs, name)))
        for mine, theirs in zip(asked.arms, book.arms, strict=False)
        for name in ("name", "difference", "search")
    }
    pairs["arms"] = (str(len(asked.arms)), str(len(book.arms)))
    return {name: pair for name, pair in pairs.items() if pair[0] != pair[1]}


def _text(value: Any) -> str:
    is_shape = dataclasses.is_dataclass(value) and not isinstance(value, type)
    plain = dataclasses.asdict(value) if is_shape else value
    return json.dumps(plain, sort_keys=True, default=str)


def _told(books: Books, wanted: str, found: str) -> str:
    where = f"{books.where}/study.json"
    return f"{where} must say {wanted}, but says {found}: it was made up or altered"
