"""The one family of errors that a user is told as a message, without a traceback."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from incay.trainables.outgoing import encodable, without_secrets

_LONGEST = 100
_MOST_NAMES = 24
_LONGEST_SAID = 1_000
_END_SAID = 200
"""Of these the end: what a name probably meant stands behind the list of all."""


class IncayError(Exception):
    """What must hold, what came instead and where.

    Attributes:
        exit_code: What a command that ends by it returns.
    """

    exit_code: ClassVar[int] = 2

    def __str__(self) -> str:
        """Return the message, without secrets: a notebook shows it as it is."""
        return without_secrets(super().__str__())


class UserError(IncayError):
    """Something that the user can mend: a study, an option, a file, results that are not there."""


class HaltedError(IncayError):
    """A run had to end before its work was done, through no fault of the study."""

    exit_code = 1


def said(error: BaseException) -> str:
    """Return what an error says, of a long text the beginning and the end.

    Nothing where it cannot say anything: one of a user's own may fail at that, too.
    """
    try:
        text = encodable(str(error)).strip()
    except Exception:
        return ""
    if len(text) <= _LONGEST_SAID:
        return text
    return f"{text[: _LONGEST_SAID - _END_SAID]} … {text[-_END_SAID:]}"


def system_said(error: Exception) -> str:
    """Return what an error says; of the operating system's, what and of which file, no number."""
    if not isinstance(error, OSError) or error.strerror is None:
        return said(error)
    return f"{error.filename}: {error.strerror}" if error.filename else error.strerror


def first_line(error: BaseException) -> str:
    """Return what an error says first; its kind, if it says nothing."""
    return (said(error) or type(error).__name__).splitlines()[0]


def shown(value: Any) -> str:
    """Return a value as a message quotes it: of a long one the beginning."""
    text = repr(value)
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"


def listed(names: Sequence[str]) -> str:
    """Return names as a message lists them: of many the first."""
    more = len(names) - _MOST_NAMES
    return ", ".join(names[:_MOST_NAMES]) + (f" and {more:,} more" if more > 0 else "")
