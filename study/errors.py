"""Errors that a user can mend: one clear message, exit code 2, no traceback."""

from __future__ import annotations

from incay.trainables.errors import HaltedError, IncayError, UserError, listed, shown

__all__ = ["HaltedError", "IncayError", "StudyError", "UserError", "listed", "shown"]


class StudyError(UserError):
    """Something is wrong with a study file or an override of it."""
