"""The one family of errors that a user is told as a message, without a traceback."""

from __future__ import annotations

from typing import ClassVar


class IncayError(Exception):
    """What must hold, what came instead and where.

    Attributes:
        exit_code: What a command that ends by it returns.
    """

    exit_code: ClassVar[int] = 2


class UserError(IncayError):
    """Something that the user can mend: a study, an option, a file, results that are not there."""


class HaltedError(IncayError):
    """A run had to end before its work was done, through no fault of the study."""

    exit_code = 1
